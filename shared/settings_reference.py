"""Writes the reference of all settings from the settings themselves: ``python -m shared.settings_reference``."""

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from shared.settings import Settings

_INTRODUCTION = """# Configuration

Every process (front, workers, timers, command line, migrations) reads these environment variables once, when it starts, and
refuses to start when one is missing or wrong; it then names all of them at once. `APP_ENVIRONMENT` chooses the profile:
`development` and `testing` are for one machine and allow local passwords and servers without TLS; `staging` and `production`
refuse both.

This page is written by `python -m shared.settings_reference`; a test compares the two.

| variable | default | meaning |
|---|---|---|
"""


def markdown() -> str:
    """Return the reference page: one row a setting, in the order of the code."""
    return _INTRODUCTION + "".join(_row(name, field) for name, field in Settings.model_fields.items())


def _row(name: str, field: FieldInfo) -> str:
    default = "required" if field.default is PydanticUndefined else f"`{field.default}`"
    if field.default in (None, ""):
        default = "-"
    return f"| `{name.upper()}` | {default} | {field.description} |\n"


if __name__ == "__main__":
    print(markdown(), end="")
