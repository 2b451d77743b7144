"""How the report command reads its arguments."""

from pathlib import Path

import click
import pytest

from shared.advisor.exports import open_export
from shared.advisor.recommendation import Recommendation
from shared.reports import ReportFormat
from tests.generators.estate import Estate
from tests.generators.portal_csv import save_portal_csv
from worker.cli import export_rows
from worker.cli.export_parts import client_of
from worker.cli.export_rows import ExportRows
from worker.cli.formats_option import CommandWithFormats, spread


@click.command(cls=CommandWithFormats)
@click.argument("files", nargs=-1)
@click.option("--format", "formats", multiple=True)
@click.option("--out")
def command(**_: object) -> None:
    """Stand in for any command with the option."""


def parsed(*arguments: str) -> tuple[tuple[str, ...], tuple[ReportFormat, ...]]:
    params = command.make_context("command", list(arguments)).params
    return params["files"], params["formats"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("a.csv", "--format", "pdf", "html"),
        ("--format", "pdf", "html", "a.csv"),
        ("--format", "pdf", "--format", "html", "a.csv"),
        ("--format=pdf", "html", "a.csv"),
        ("--format", "pdf,html", "a.csv"),
        ("a.csv", "--format", "PDF", "html", "pdf"),
        ("--format", "pdf", "html", "--out", "x", "--", "a.csv"),
    ],
)
def test_format_takes_one_or_several_values(arguments: tuple[str, ...]) -> None:
    assert parsed(*arguments) == (("a.csv",), (ReportFormat.PDF, ReportFormat.HTML))


def test_without_format_there_are_no_formats() -> None:
    assert parsed("a.csv") == (("a.csv",), ())


def test_a_file_called_like_a_format_is_a_file_before_the_option() -> None:
    assert spread(["pdf", "--format", "html", "./csv"]) == ["pdf", "--format", "html", "./csv"]


def test_another_option_after_the_formats_ends_them() -> None:
    assert spread(["--format", "pdf", "--out", "csv"]) == ["--format", "pdf", "--out", "csv"]


def test_an_unknown_format_is_named() -> None:
    with pytest.raises(click.BadParameter, match="'docx' is none of pdf, html, xlsx, "):
        parsed("--format", "docx", "a.csv")


@pytest.mark.parametrize(
    ("file_name", "client"),
    [
        ("Advisor_2025-02-01T14_38_16.311Z.csv", "Client"),
        ("-", "Client"),
        ("contoso.json.gz", "contoso"),
        ("Fabrikam Group.csv", "Fabrikam Group"),
    ],
)
def test_the_client_is_told_from_the_file_name(file_name: str, client: str) -> None:
    assert client_of(file_name) == client


@pytest.fixture
def export_path(tmp_path: Path) -> Path:
    path = save_portal_csv(tmp_path / "export.csv", Estate(rows=30))
    with path.open("a", encoding="utf-8", newline="") as file:
        file.write("Cost,High,too few cells\r\n")
    return path


@pytest.mark.parametrize("limit", [3, 1_000])
def test_few_rows_are_kept_and_many_are_read_again_with_the_same_result(
    limit: int, export_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_rows, "MAX_KEPT_ROWS", limit)
    rows = ExportRows(open_export(export_path, file_name="export.csv"))

    direct = list(open_export(export_path, file_name="export.csv").rows())
    assert list(rows.recommendations) == [row for row in direct if isinstance(row, Recommendation)]
    assert list(rows.recommendations) == list(rows.recommendations)
    assert rows.accepted + rows.rejected_count == len(direct)
    assert len(list(rows.rejected())) == rows.rejected_count == 1
