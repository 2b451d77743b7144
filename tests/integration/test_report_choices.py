"""The report command by policy, scope and the export before."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.unit.advisor.reading import csv_of, row
from worker.cli.report import report as report_command


def line(name: str, amount: str, *, subscription: str = "sub-1", category: str = "Cost") -> str:
    cells = row(amount=amount, currency="USD" if amount else "").replace("vm-1", name).replace("sub-1", subscription)
    return cells.replace("Cost", category, 1)


BEFORE = csv_of(line("kept", "1000"), line("gone", "500"))
AFTER = csv_of(line("kept", "1200"), line("fresh", "", category="Security"), line("theirs", "70", subscription="sub-2"))


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    for name, content in (("before", BEFORE), ("after", AFTER)):
        (tmp_path / f"{name}.csv").write_text(content)
    return {name: str(tmp_path / f"{name}.csv") for name in ("before", "after")}


def made(tmp_path: Path, *arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(report_command, [*arguments, "--out", str(tmp_path / "out"), "--format", "json", "--quiet"])
    assert done.exit_code == 0, done.output
    [path] = (tmp_path / "out").glob("*.json")
    return dict(json.loads(path.read_text()))


def test_the_export_before_says_what_changed(tmp_path: Path, files: dict[str, str]) -> None:
    told = made(tmp_path, files["after"], "--previous", files["before"])["changes"]
    assert told["counts"] == {"new": 2, "returned": 0, "resolved": 1, "changed": 1, "postponed": 0, "dismissed": 0}
    [bridge] = told["savings"]
    assert (bridge["before"], bridge["realised"], bridge["grown"], bridge["after"]) == ("1500", "500", "200", "1270")


def test_scope_policy_and_currency_make_the_report(tmp_path: Path, files: dict[str, str]) -> None:
    rates = ("--currency", "eur", "--rate", "USD=0.5", "--rates-of", "2026-01-02")
    told = made(tmp_path, files["after"], "--subscription", "SUB-1", "--only", "cost", "--lookback", "best", *rates)
    assert [one["resource_name"] for one in told["recommendations"]] == ["kept"]
    assert told["savings"]["policy"]["lookback_days"] == "best"
    assert told["savings"]["converted"]["counted"] == "600.00"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "foo"], "foo is none of Cost"),
        (["--impact", "foo"], "foo is none of High"),
        (["--currency", "eur"], "--currency, --rate and --rates-of go together."),
        (["--rate", "USD=0"], "USD=0 is no rate"),
        (["--rate", "usd"], "usd is no rate"),
        (["--currency", "euro"], "euro is no currency"),
        (["--type", "cost", "--only", "security"], "A cost report has none of the categories of --only."),
        (["--previous", "nowhere.csv"], "does not exist"),
        (["--term", "P5Y"], "'P5Y' is not one of"),
    ],
)
def test_choices_that_make_no_sense_are_refused(
    tmp_path: Path, files: dict[str, str], arguments: list[str], said: str
) -> None:
    done = CliRunner().invoke(report_command, [files["after"], "--out", str(tmp_path / "out"), *arguments])
    assert (done.exit_code, said in done.output, (tmp_path / "out").exists()) == (2, True, False), done.output


def test_an_export_before_that_cannot_be_read_is_told_and_nothing_is_written(tmp_path: Path, files: dict[str, str]) -> None:
    (tmp_path / "before.csv").write_text("a,b\n1,2\n")
    done = CliRunner().invoke(
        report_command, [files["after"], "--previous", files["before"], "--out", str(tmp_path / "out")]
    )
    assert (done.exit_code, (tmp_path / "out").exists()) == (3, False), done.output
