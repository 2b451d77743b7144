"""One report file of any format."""

import hashlib
from pathlib import Path

import pytest

from shared.language.language import Language
from shared.reports import BUNDLED_FORMATS, ReportFormat, ReportType
from tests.unit.reports import samples
from worker.reports.content import build_content
from worker.reports.errors import RenderingCancelledError
from worker.reports.render import render
from worker.reports.sources import source_of

ROWS = samples.recommendations(2_500)
CONTENT = build_content(ROWS[:40], (), samples.facts())


@pytest.mark.parametrize("file_format", BUNDLED_FORMATS)
def test_a_rendered_file_is_described_as_it_is(file_format: ReportFormat, tmp_path: Path) -> None:
    destination = tmp_path / f"report.{file_format.value}"
    rendered = render(CONTENT, ROWS[:40], samples.REJECTED, file_format, destination)

    content = destination.read_bytes()
    assert rendered.path == destination
    assert rendered.bytes == len(content)
    assert rendered.sha256 == hashlib.sha256(content).hexdigest()
    assert rendered.content_type == file_format.content_type
    assert [path.name for path in tmp_path.iterdir()] == [destination.name]


@pytest.mark.parametrize("file_format", [ReportFormat.PDF, ReportFormat.XLSX, ReportFormat.CSV, ReportFormat.JSON])
def test_a_file_that_was_stopped_leaves_the_old_one_and_nothing_else(file_format: ReportFormat, tmp_path: Path) -> None:
    destination = tmp_path / "report"
    destination.write_text("old")

    with pytest.raises(RenderingCancelledError):
        render(CONTENT, ROWS, (), file_format, destination, should_stop=lambda: True)

    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("report", "old")]


def test_every_type_and_format_has_its_words() -> None:
    assert [item.title for item in ReportType] == [
        "Executive summary",
        "Cost report",
        "Security report",
        "Operations report",
        "Detailed report",
    ]
    assert all(item.content_type for item in ReportFormat)


def test_of_many_source_files_some_are_named_and_the_rest_counted() -> None:
    names = [f"page-{number}.json" for number in range(8)]
    source = source_of(names, "rest_json", exported_at=None, accepted=1, rejected=0, language=Language.of("en"))

    assert source.kind == "Advisor REST JSON"
    assert source.file_name.endswith("page-4.json and 3 more files")
