"""What the templates say, read from their text: the few shapes that these tests ask for, not the language."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
INFRA = ROOT / "infra"
MODULES = INFRA / "modules"


def assignments(template: Path, variable: str) -> dict[str, str]:
    """Return the entries of the object that ``variable`` is (or is united with), each with its expression."""
    text = template.read_text()
    found = re.search(rf"^var {variable} = (?:union\((?:\w+, )+)?\{{\n(.*?)^\}}", text, re.MULTILINE | re.DOTALL)
    assert found, f"{template.name} has no object {variable}"
    return dict(re.findall(r"^  (\w+): (.+)$", found[1], re.MULTILINE))


def app_settings() -> dict[str, dict[str, str]]:
    """Return the settings of the product that the templates give to each of its processes."""
    main = INFRA / "main.bicep"
    common = {
        name: expression
        for variable in ("mailSettings", "credentialSettings", "commonSettings")
        for name, expression in assignments(main, variable).items()
    }
    worker = common | assignments(main, "workerSettings") | assignments(MODULES / "worker.bicep", "roleSettings")
    return {
        "front": common | assignments(main, "frontSettings"),
        "worker": worker,
        "migration": common | assignments(main, "migrationSettings"),
    }


def resources(template: Path) -> dict[str, str]:
    """Return the text of each resource of ``template``, by its symbol."""
    found = re.findall(
        r"^resource (\w+) '[^']+' = (.*?)(?=^(?:resource|module|output|var|@|//)|\Z)",
        template.read_text(),
        re.MULTILINE | re.DOTALL,
    )
    return dict(found)


def image_environment() -> dict[str, str]:
    """Return the variables that the worker image sets."""
    block = re.search(r"^ENV (PATH=.*?(?:\\\n.*?)*)$", _dockerfile(), re.MULTILINE)
    assert block
    return dict(pair.split("=", 1) for pair in block[1].replace("\\\n", " ").split())


def image_health_check() -> list[str]:
    """Return the command by which the worker image asks whether it is well."""
    command = re.search(r"^HEALTHCHECK .*\\\n\s+CMD (\[.*\])$", _dockerfile(), re.MULTILINE)
    assert command
    return [str(part) for part in json.loads(command[1])]


def _dockerfile() -> str:
    return (ROOT / "worker" / "Dockerfile").read_text()
