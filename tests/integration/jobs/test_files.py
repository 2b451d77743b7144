"""Files of a report: each has its own fate, and the report completes if any is ready."""

import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import pytest

from shared.branding import stored as branding
from shared.database.reading import read_in
from shared.database.tables import ReportFile
from shared.jobs import execution
from shared.jobs.run import JobRun
from shared.reporting import report_lists, reports
from shared.reports import BUNDLED_FORMATS, ReportFormat
from shared.services import Services
from tests.integration.jobs.orders import Ordered, order, portal_csv
from worker.jobs.generate_report import generate_report
from worker.jobs.process_csv_file import process_csv_file
from worker.jobs.remove_report_files import remove_unowned

_FORMATS = (ReportFormat.CSV, ReportFormat.PDF)


@pytest.fixture
def without_fonts(services: Services, tmp_path: Path) -> Iterator[Services]:
    """Services under which no PDF can be made, and everything else can."""
    made = Services(services.settings.model_copy(update={"fonts_dir": tmp_path}))
    yield made
    made.close()


def test_file_that_fails_leaves_the_others_and_says_why(without_fonts: Services, tenant: UUID) -> None:
    ordered = _imported(without_fonts, tenant)
    assert _generate(ordered) == "succeeded"
    files = {file.format: file for file in ordered.files()}
    assert ordered.report().state == "completed"
    assert files["csv"].state == "ready"
    assert (files["pdf"].state, files["pdf"].error_code, files["pdf"].blob_path) == ("failed", "fonts_missing", None)
    with without_fonts.database.tenant(tenant) as session:
        [report] = read_in(session, report_lists.reading(ordered.report_id))
    [shown] = [file["error"] for file in report["files"] if file["error"]]
    assert shown == {"code": "fonts_missing", "message": files["pdf"].error_text, "next_step": files["pdf"].next_step}
    assert shown["next_step"], "a file that failed says what to do"
    assert ordered.blobs() == {files["csv"].blob_path}


def test_a_report_has_the_language_and_look_of_its_client(services: Services, tenant: UUID) -> None:
    ordered = _imported(services, tenant, formats=(ReportFormat.HTML,))
    with services.database.tenant(tenant) as session:
        branding.change(session, tenant, None, {"language": "de", "accent_colour": "#7c2d12"}, version=None)
        branding.change(session, tenant, ordered.client_id, {"footer": "Vertraulich"}, version=None)
    assert _generate(ordered) == "succeeded"
    [file] = ordered.files()
    page = services.blobs.read(str(file.blob_path), max_bytes=10_000_000).decode()
    assert "Azure Advisor-Bericht" in page
    assert "Vertraulich" in page
    assert "#7c2d12" in page
    assert "5 Empfehlungen stehen im Wortlaut der Quelle" in page, "exports of the portal name no types"


def test_report_of_which_no_file_can_be_made_fails(without_fonts: Services, tenant: UUID) -> None:
    ordered = _imported(without_fonts, tenant, formats=(ReportFormat.PDF,))
    assert _generate(ordered) == "failed"
    assert (ordered.report().state, ordered.report().error_code) == ("failed", "fonts_missing")
    assert [file.error_code for file in ordered.files()] == ["fonts_missing"]


def test_retry_makes_only_what_failed(services: Services, without_fonts: Services, tenant: UUID) -> None:
    ordered = _imported(without_fonts, tenant)
    _generate(ordered)
    before = {file.format: file.blob_path for file in ordered.files()}
    with services.database.tenant(tenant) as session:
        reports.retry(session, ordered.report_id, trace_id=None)
    ordered.services = services
    assert _generate(ordered) == "succeeded"
    files = {file.format: file for file in ordered.files()}
    assert files["csv"].blob_path == before["csv"]
    assert {(file.state, file.next_step) for file in files.values()} == {("ready", None)}


def test_zip_holds_every_format_though_it_alone_was_ordered(services: Services, tenant: UUID, tmp_path: Path) -> None:
    ordered = _imported(services, tenant, formats=(ReportFormat.ZIP,))
    assert _generate(ordered) == "succeeded"
    [file] = ordered.files()
    assert (file.state, file.warnings, ordered.blobs()) == ("ready", [], {file.blob_path})
    with zipfile.ZipFile(_fetched(services, file, tmp_path)) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
    stem = Path(file.file_name).stem
    assert names == ["README.txt", *(f"{stem}.{item}" for item in BUNDLED_FORMATS)]


def test_zip_without_a_file_that_failed_is_replaced_once_there_is_one(
    services: Services, without_fonts: Services, tenant: UUID, tmp_path: Path
) -> None:
    ordered = _imported(without_fonts, tenant, formats=(ReportFormat.PDF, ReportFormat.ZIP))
    assert _generate(ordered) == "succeeded"
    [before] = [file for file in ordered.files() if file.format == "zip"]
    assert before.state == "ready"
    assert [warning.split(":")[0] for warning in before.warnings] == ["The ZIP file lacks the PDF file"]
    with services.database.tenant(tenant) as session:
        reports.retry(session, ordered.report_id, trace_id=None)
    ordered.services = services
    assert _generate(ordered) == "succeeded"
    files = {file.format: file for file in ordered.files()}
    assert (files["pdf"].state, files["zip"].warnings) == ("ready", [])
    assert ordered.blobs() == {files["pdf"].blob_path, files["zip"].blob_path}, "the old one has no owner"
    with zipfile.ZipFile(_fetched(services, files["zip"], tmp_path)) as archive:
        [pdf] = [archive.read(name) for name in archive.namelist() if name.endswith(".pdf")]
    assert hashlib.sha256(pdf).digest() == files["pdf"].sha256


def test_report_of_an_export_that_lacks_pages_says_so(services: Services, tenant: UUID, tmp_path: Path) -> None:
    item = {"name": "1", "properties": {"category": "Cost", "shortDescription": {"problem": "Resize"}}}
    page = json.dumps({"value": [item], "nextLink": "https://management.azure.com/next"}).encode()
    ordered = order(services, tenant, page, formats=(ReportFormat.HTML,), file_name="page.json")
    assert _execute(ordered, process_csv_file) == "succeeded"
    assert _generate(ordered) == "succeeded"
    [file] = ordered.files()
    assert file.blob_path is not None
    services.blobs.download(file.blob_path, tmp_path / "page.html")
    assert "the export is not complete" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_storage_that_is_away_is_tried_again_and_keeps_nothing(services: Services, tenant: UUID) -> None:
    ordered = _imported(services, tenant)
    away = services.settings.model_copy(update={"storage_account_url": "https://127.0.0.1:1/nowhere"})
    ordered.services = Services(away)
    assert _generate(ordered) == "queued"
    assert ordered.report().state == "generating"
    assert {file.state for file in ordered.files()} == {"pending"}
    kinds = [job.kind for job in ordered.jobs()]
    assert kinds == ["process_csv_file", "generate_report", "remove_report_files"]
    # The PDF, which is made beside the others, stopped with them.
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("beside")] == []
    assert [child for child in psutil.Process().children() if "typst_child.py" in " ".join(child.cmdline())] == []
    ordered.services.close()


def test_sizes_and_checksums_are_those_of_the_blobs(services: Services, tenant: UUID, tmp_path: Path) -> None:
    ordered = _imported(services, tenant, formats=(ReportFormat.CSV,))
    _generate(ordered)
    [file] = ordered.files()
    assert file.blob_path is not None
    assert services.blobs.download(file.blob_path, tmp_path / "copy") == file.size_bytes
    assert hashlib.sha256((tmp_path / "copy").read_bytes()).digest() == file.sha256


def test_blobs_of_a_job_under_way_are_not_removed(services: Services, tenant: UUID) -> None:
    ordered = _imported(services, tenant, formats=(ReportFormat.CSV,))
    job = ordered.jobs()[-1]

    def upload_and_look(run: Any) -> None:
        path = f"{tenant}/reports/{ordered.report_id}/{job.id}/1/report.csv"
        services.blobs.upload(path, io.BytesIO(b"half made"), content_type="text/csv")
        assert remove_unowned(services, tenant, ordered.report_id) == 0

    _execute(ordered, upload_and_look)
    assert remove_unowned(services, tenant, ordered.report_id) == 1
    assert ordered.blobs() == set()


def test_progress_moves_while_one_file_is_written(services: Services, tenant: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    ordered = order(services, tenant, portal_csv(4_500), formats=(ReportFormat.CSV, ReportFormat.XLSX))
    assert _execute(ordered, process_csv_file) == "succeeded"
    said: list[tuple[float, str]] = []

    def listen(run: JobRun) -> None:
        say = run.report_progress

        def overheard(percent: float, phase: str) -> None:
            said.append((percent, phase))
            say(percent, phase)

        monkeypatch.setattr(run, "report_progress", overheard)
        generate_report(run)

    assert _execute(ordered, listen) == "succeeded"
    accepted = ordered.recommendations()
    phases = [phase for _, phase in said]
    for name in ("CSV", "XLSX"):
        written = [percent for percent, phase in said if phase.startswith(f"Making the {name} file")]
        assert written == sorted(set(written)), "every word moves on"
        assert f"Making the {name} file: 4,000 of {accepted:,} rows" in phases
    assert [percent for percent, _ in said] == sorted(percent for percent, _ in said)
    assert sum(phase.startswith("Counting") for phase in phases) > 2


def _imported(services: Services, tenant: UUID, formats: tuple[ReportFormat, ...] = _FORMATS) -> Ordered:
    ordered = order(services, tenant, portal_csv(5), formats=formats)
    assert _execute(ordered, process_csv_file) == "succeeded"
    return ordered


def _fetched(services: Services, file: ReportFile, folder: Path) -> Path:
    assert file.blob_path is not None
    services.blobs.download(file.blob_path, folder / file.format)
    return folder / file.format


def _generate(ordered: Ordered) -> str | None:
    return _execute(ordered, generate_report)


def _execute(ordered: Ordered, work: Callable[[Any], None]) -> str | None:
    job = ordered.jobs()[-1]
    return execution.execute(ordered.services, work, tenant_id=ordered.tenant_id, job_id=job.id, worker="tested")
