"""Fills in ``infra/main.parameters.json`` as azd does: ``python infra/parameters.py > parameters.json``.

``${NAME}`` and ``${NAME=default}`` become what the environment says; empty counts as not set. Azure's command line takes the
result. Needs nothing but Python's own library, so that a pipeline need not install anything first.
"""

import json
import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_INFRA = Path(__file__).resolve().parent
_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?:=(?P<default>[^}]*))?\}")
_DECLARED = re.compile(r"^param (\w+) (\w+)", re.MULTILINE)
_CONFIGURATION = 78


def _truth(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError("is neither true nor false")
    return text.lower() == "true"


# Variables are text; the templates are strict about what is not.
_READ: dict[str, Callable[[str], Any]] = {"bool": _truth, "int": int, "array": json.loads, "object": json.loads}


def filled_in(environment: Mapping[str, str], infra: Path = _INFRA) -> dict[str, Any]:
    """Return the parameter file with everything filled in; raises `ValueError` that names all that is missing or wrong."""
    content: dict[str, Any] = json.loads((infra / "main.parameters.json").read_text())
    types = dict(_DECLARED.findall((infra / "main.bicep").read_text()))
    wrong: list[str] = []

    def value_of(variable: re.Match[str]) -> str:
        value = environment.get(variable["name"]) or variable["default"]
        if value is None:
            wrong.append(f"{variable['name']} is not set")
        return value or ""

    for name, parameter in content["parameters"].items():
        given = parameter["value"]
        if isinstance(given, str) and _VARIABLE.search(given):
            text = _VARIABLE.sub(value_of, given)
            try:
                parameter["value"] = _READ.get(types[name], str)(text)
            except ValueError as error:
                wrong.append(f"{name}, which {given} gives, is no {types[name]}: {error}")
    if wrong:
        raise ValueError("; ".join(wrong))
    return content


def main() -> int:
    """Write the parameters to standard output and return the exit code."""
    try:
        content = filled_in(os.environ)
    except ValueError as error:
        print(f"error: {error}; docs/deploy.md says what each is", file=sys.stderr)
        return _CONFIGURATION
    json.dump(content, sys.stdout, indent=2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
