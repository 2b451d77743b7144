"""What operators' pages tell to run and to set exists."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.settings import Settings
from tests.unit.infra.templates import INFRA, ROOT
from worker.cli import COMMANDS

PAGES = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md"])


def found(pattern: str) -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for match in re.findall(pattern, page.read_text()):
            yield page.name, match


def test_commands_of_the_worker_exist() -> None:
    named = [*found(r"python -m worker ([a-z][\w-]*)"), *found(r"as-operator\.sh ([a-z][\w-]*)")]
    assert {command for _, command in named} >= {"tenant", "key", "doctor", "prepare-database"}
    assert [(page, command) for page, command in named if command not in COMMANDS] == []


def test_files_that_are_named_exist() -> None:
    named = list(found(r"\b((?:infra|docs|worker|shared)/[\w./-]+\.(?:sh|ps1|py|bicep|json|md|txt))\b"))
    assert [(page, name) for page, name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_variables_of_a_deployment_are_those_of_the_parameter_file() -> None:
    variables = set(re.findall(r"\$\{(\w+)", (INFRA / "main.parameters.json").read_text()))
    text = (ROOT / "docs" / "deploy.md").read_text()
    named = set(re.findall(r"azd env set (\w+)", text)) | set(re.findall(r"\b(ADVISOR_[A-Z_]+[A-Z])\b", text))
    assert named - variables - {"ADVISOR_LISTEN"} == set()
    # All of them are explained; of several that begin alike, the table has the ends only.
    explained = {name for name in variables if name in text or f"`…_{name.rpartition('_')[2]}`" in text}
    assert variables - explained == {"SERVICE_WORKER_IMAGE_NAME"} - explained


def test_sizes_and_settings_that_operators_are_told_to_change_exist() -> None:
    sizes = json.loads((INFRA / "sizes.json").read_text())["production"]
    for page in ("deploy.md", "operations.md", "costs.md", "scale.md"):
        text = (ROOT / "docs" / page).read_text()
        for name in re.findall(r"`((?:database|cache|storage|registry|front|interactive|reports)[A-Z]\w+)(?:`|:)", text):
            assert name in sizes, (page, name)
        for name in re.findall(r"`([A-Z][A-Z_]+_(?:DAYS|HOURS|BYTES|ROWS|S))`", text):
            assert name.lower() in Settings.model_fields, (page, name)
