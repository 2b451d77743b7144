"""Writes the reference of all settings from the settings themselves: ``python -m shared.settings.reference``."""

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from shared.settings.model import Settings
from shared.settings.profiles import DEFAULTS, RULES, Environment

_INTRODUCTION = """# Configuration

Every process (front, workers, timers, command line, migrations) reads these environment variables once, when it starts, and
refuses to start when one is missing or wrong; it then names all of them at once, with how to fix each. An empty variable
counts as not set. In development only, a file `.env` in the working folder adds what the environment does not say.

This page is written by `python -m shared.settings.reference`; a test compares the two.

## Profiles

`APP_ENVIRONMENT` chooses the profile. It has no default and is never read from a file. `development` and `testing` are for
one machine: where Azure's own variables are set (`WEBSITE_INSTANCE_ID`, `CONTAINER_APP_NAME` and their like), they refuse to
start.

"""
_SETTINGS = """
## Settings

| variable | default | meaning |
|---|---|---|
"""


def markdown() -> str:
    """Return the reference page: the profiles side by side, then one row a setting, in the order of the code."""
    # A class takes those it is made of first; what every process needs is read first.
    names = sorted(Settings.model_fields, key=lambda name: name not in Settings.__annotations__)
    settings = "".join(_row(name, Settings.model_fields[name]) for name in names)
    return _INTRODUCTION + _profiles() + _SETTINGS + settings


def _profiles() -> str:
    head = f"| a process | {' | '.join(f'`{environment}`' for environment in Environment)} |\n|---|:-:|:-:|:-:|:-:|\n"
    return head + "".join(f"| {row.meaning} | {' | '.join(map(_cell, row.values))} |\n" for row in RULES)


def _cell(value: bool | str | float) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`" if value else "-"


def _row(name: str, field: FieldInfo) -> str:
    default = "required" if field.default is PydanticUndefined else f"`{field.default}`"
    if name in DEFAULTS:
        default = "by profile"
    elif field.default in (None, ""):
        default = "-"
    return f"| `{name.upper()}` | {default} | {field.description} |\n"


if __name__ == "__main__":
    print(markdown(), end="")
