"""ZIPs of a report's files."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from shared.reports import BUNDLED_FORMATS, ReportFormat
from tests.unit.reports import samples
from worker.reports.bundle import README_NAME, Missing, bundle
from worker.reports.errors import RenderingCancelledError, RenderingError
from worker.reports.rendered_file import RenderedFile, described, written_whole


def file_of(file_format: ReportFormat, folder: Path, content: bytes) -> RenderedFile:
    with written_whole(folder / f"report.{file_format}") as partial:
        partial.write_bytes(content)
        return described(partial, folder / f"report.{file_format}", file_format, ())


@pytest.fixture
def files(tmp_path: Path) -> list[RenderedFile]:
    return [file_of(item, tmp_path, item.value.encode() * 100_000) for item in reversed(BUNDLED_FORMATS)]


def test_a_zip_holds_every_file_as_it_was_and_says_what_each_is(files: list[RenderedFile], tmp_path: Path) -> None:
    made = bundle(samples.facts(), files, tmp_path / "report.zip", stem="Contoso – review")

    with zipfile.ZipFile(made.path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [README_NAME, *(f"Contoso – review.{item}" for item in BUNDLED_FORMATS)]
        readme = archive.read(README_NAME).decode()
        for file in files:
            content = archive.read(f"Contoso – review.{file.format}")
            assert hashlib.sha256(content).hexdigest() == file.sha256
            assert f"SHA-256 {file.sha256}" in readme
    assert (made.bytes, made.warnings) == (made.path.stat().st_size, ())


def test_the_same_files_make_the_same_zip_byte_for_byte(files: list[RenderedFile], tmp_path: Path) -> None:
    one, other = (bundle(samples.facts(), files, tmp_path / f"{name}.zip", stem="report") for name in "ab")
    assert one.sha256 == other.sha256


def test_what_could_not_be_made_is_said_inside_and_outside(files: list[RenderedFile], tmp_path: Path) -> None:
    missing = [Missing(ReportFormat.PDF, "The fonts are missing.")]
    made = bundle(samples.facts(), files[:1], tmp_path / "report.zip", stem="report", missing=missing)

    with zipfile.ZipFile(made.path) as archive:
        assert "PDF: The fonts are missing." in archive.read(README_NAME).decode()
    assert made.warnings == ("The ZIP file lacks the PDF file: The fonts are missing.",)


def test_a_zip_of_nothing_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RenderingError) as caught:
        bundle(samples.facts(), (), tmp_path / "report.zip", stem="report")
    assert caught.value.next_step
    assert list(tmp_path.iterdir()) == []


def test_packing_stops_on_request_and_leaves_nothing(files: list[RenderedFile], tmp_path: Path) -> None:
    with pytest.raises(RenderingCancelledError):
        bundle(samples.facts(), files, tmp_path / "report.zip", stem="report", should_stop=lambda: True)
    assert [path for path in tmp_path.iterdir() if "zip" in path.name] == []
