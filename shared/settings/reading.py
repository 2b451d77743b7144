"""Reading the settings: once a process, from its environment, with everything that is wrong named at once."""

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from shared.errors import SettingsError
from shared.settings.azure import platform_variable
from shared.settings.model import Settings
from shared.settings.profiles import DEFAULTS, PROFILES, Environment
from shared.settings.violations import violations
from shared.telemetry import redaction

DOTENV = Path(".env")
_NEXT_STEP = "Set the named environment variables; docs/configuration.md lists them all."


def load() -> Settings:
    """Read the settings from the environment and, in development only, from ``.env`` where the environment is silent.

    Raises :class:`~shared.errors.SettingsError` that names everything missing or wrong at once, never a value.
    """
    profile = _named_profile()
    dotenv = DOTENV if profile is not None and PROFILES[profile].reads_dotenv else None
    problems: list[str] = []
    if profile is not None and not PROFILES[profile].may_run_in_azure and (variable := platform_variable(os.environ)):
        problems.append(
            f"APP_ENVIRONMENT={profile} is for one machine, yet this is Azure ({variable} is set); "
            "name staging or production"
        )
    try:
        # Named by the environment itself: a file must not turn production into development.
        settings = Settings(_env_file=dotenv)
    except ValidationError as error:
        wrong = {
            ".".join(map(str, item["loc"])).upper(): _describe(item["loc"], item["type"], item["msg"])
            for item in error.errors()
        }
        problems += wrong.values()
        if profile is not None and "" not in wrong:
            # Some fields are wrong in themselves, so the profile had no say yet.
            draft = _as_given(profile, dotenv)
            problems += [str(found) for found in violations(profile, draft) if found.setting not in wrong]
    if problems:
        raise SettingsError("The settings are not valid: " + "; ".join(problems), next_step=_NEXT_STEP)
    redaction.register_secrets_of(settings)
    return settings


@lru_cache(maxsize=1)
def get() -> Settings:
    """Return the settings of this process, read on first use and never again; forked children have the very same."""
    return load()


def _named_profile() -> Environment | None:
    try:
        return Environment(os.environ.get("APP_ENVIRONMENT", ""))
    except ValueError:
        return None


def _as_given(profile: Environment, dotenv: Path | None) -> Mapping[str, Any]:
    """Return what was set, by field name and not validated, over the defaults of the code and of the profile."""
    values: dict[str, Any] = {name: field.default for name, field in Settings.model_fields.items()}
    values |= {name: getattr(PROFILES[profile], name) for name in DEFAULTS}
    if dotenv is not None:
        values |= DotEnvSettingsSource(Settings, env_file=dotenv)()
    return values | EnvSettingsSource(Settings)()


def _describe(place: tuple[int | str, ...], kind: str, message: str) -> str:
    name = ".".join(map(str, place)).upper()
    if name == "APP_ENVIRONMENT":
        return f"APP_ENVIRONMENT {'is not set; it ' if kind == 'missing' else ''}must be one of {', '.join(Environment)}"
    if kind == "missing":
        return f"{name} is not set"
    text = message.removeprefix("Value error, ")
    return f"{name} {text}" if name else text
