"""Promises of the templates that neither the compiler nor a scanner knows."""

import json
import re
from pathlib import Path

import pytest

from shared.queue import waking
from shared.queue.names import Role
from tests.unit.infra.templates import INFRA, MODULES, ROOT
from worker.cli import COMMANDS

MAIN = (INFRA / "main.bicep").read_text()
SIZES = json.loads((INFRA / "sizes.json").read_text())
TEMPLATES = sorted(INFRA.rglob("*.bicep"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_parameter_and_output_is_described(template: Path) -> None:
    lines = template.read_text().splitlines()
    for number, line in enumerate(lines):
        if re.match(r"(param|output) ", line):
            assert lines[number - 1].startswith("@description("), f"{template.name}:{number + 1}"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_parameter_is_bounded(template: Path) -> None:
    declared = re.findall(r"((?:^[^\n]+\n)*)^param (\w+) (?:string|int|array)\b", template.read_text(), re.MULTILINE)
    unbounded = [
        name
        for decorators, name in declared
        if not re.search(r"^@(min|max)(Length|Value)|^@allowed", decorators, re.MULTILINE)
    ]
    assert unbounded == []


def test_every_module_is_used() -> None:
    used = set(re.findall(r"'modules/(\w+)\.bicep'", MAIN))
    assert used == {path.stem for path in MODULES.glob("*.bicep")}


def test_parameters_that_azd_gives_exist_and_those_without_default_are_given() -> None:
    given = set(json.loads((INFRA / "main.parameters.json").read_text())["parameters"])
    declared = set(re.findall(r"^param (\w+)", MAIN, re.MULTILINE))
    without_default = set(re.findall(r"^param (\w+) \w+$", MAIN, re.MULTILINE))
    assert without_default <= given <= declared


def test_abbreviations_are_all_used() -> None:
    abbreviations = set(json.loads((INFRA / "abbreviations.json").read_text()))
    assert set(re.findall(r"abbreviations\.(\w+)\b(?!')", MAIN)) == abbreviations


def test_both_tiers_say_the_same_sizes() -> None:
    dev, production = SIZES["dev"], SIZES["production"]
    assert list(dev) == list(production)
    assert set(re.findall(r"\bsize\.(\w+)", MAIN)) == set(dev)


def test_wake_queues_of_the_templates_are_those_of_the_code() -> None:
    block = re.search(r"var wakeQueueNames = \[(.*?)\]", MAIN, re.DOTALL)
    assert block
    assert re.findall(r"'([\w-]+)'", block[1]) == [waking.queue_name(role) for role in Role]
    assert re.findall(r"    role: '(\w+)'\n", MAIN) == list(Role)
    most = max(size for tier in SIZES.values() for name, size in tier.items() if name.endswith("MaxReplicas"))
    # Replicas are asked for by messages divided by the jobs of one replica.
    assert most <= waking.MOST_MESSAGES


def test_containers_run_commands_that_exist() -> None:
    for module in ("worker", "migration"):
        command = re.search(r"args: \[\n\s+'([\w-]+)'", (MODULES / f"{module}.bicep").read_text())
        assert command
        assert command[1] in COMMANDS


def test_alerts_look_for_words_that_the_code_logs() -> None:
    text = (MODULES / "alerts.bicep").read_text()
    compared = re.findall(r'action == "(\w+)"', text)
    compared += [word for group in re.findall(r"action in \(([^)]*)\)", text) for word in re.findall(r'"(\w+)"', group)]
    assert len(compared) >= 5
    sources = "\n".join(path.read_text() for name in ("shared", "worker") for path in (ROOT / name).rglob("*.py"))
    for word in compared:
        # Ends of jobs are logged as job_ and the state they ended in.
        assert f'"{word}"' in sources or (word == "job_failed" and 'f"job_{state}"' in sources), word
    assert set(re.findall(r"line\.(\w+)", text)) - {"action"} == {"oldest_waits_s"}
    assert '"oldest_waits_s"' in sources


def test_every_alert_is_explained_to_operators() -> None:
    operations = (ROOT / "docs" / "operations.md").read_text()
    for name in re.findall(r"^    name: '([\w-]+)'", (MODULES / "alerts.bicep").read_text(), re.MULTILINE):
        assert f"`{name}`" in operations, name


def test_grace_outlasts_the_soft_shutdown() -> None:
    grace = re.search(r"^var gracePeriodSeconds = (\d+)", MAIN, re.MULTILINE)
    assert grace
    assert int(grace[1]) - 15 == 45
    assert "string(gracePeriodSeconds - 15)" in (MODULES / "worker.bicep").read_text()


def test_identity_is_never_put_on_a_scale_rule_that_ignores_it() -> None:
    text = (MODULES / "worker.bicep").read_text()
    rules = text[text.index("rules: [") :]
    assert "azureQueue:" in rules
    assert "custom:" not in rules


def test_outputs_hold_no_secret() -> None:
    for template in TEMPLATES:
        for expression in re.findall(r"^output \w+ \w+ = (.*)$", template.read_text(), re.MULTILINE):
            assert not re.search(r"listKeys|password|primaryKey|sharedKey|accessKey", expression, re.IGNORECASE)
