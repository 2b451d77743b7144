"""Imports without a worker process: what is kept of an export, and that nothing is half imported."""

import gzip
import hashlib
import io
import logging
from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import select

from shared.advisor.recommendation import Recommendation
from shared.database.tables import Report, Snapshot
from shared.jobs import execution
from shared.reports import ReportFormat
from shared.services import Services
from shared.settings import Settings
from shared.snapshots.reader import SnapshotRecommendations, SnapshotRejectedRows
from tests.generators.advisor_json import write_json
from tests.generators.estate import Estate
from tests.integration.jobs.orders import Ordered, order, portal_csv
from worker.jobs.generate_report import generate_report
from worker.jobs.process_csv_file import process_csv_file

_FILE_NAME = "Advisor_2025-02-01T14_38_16.311Z.csv"
_HEADER = (
    "Category,Business Impact,Recommendation,Subscription ID,Subscription Name,Resource Group,Resource Name,Type,"
    "Updated Date,Potential benefits,Potential Annual Cost Savings,Potential Cost Savings Currency,Retirement date,"
    "Retiring feature"
)
_ROW = 'Cost,High,{text},0b1f6471-1bf0-4dda-aec3-cb9272f09590,Sub,rg,{name},Virtual machine,2025-02-01,,"{amount}",USD,,'


@pytest.fixture(scope="module")
def services(settings: Settings) -> Iterator[Services]:
    made = Services(settings)
    made.blobs.create_container()
    yield made
    made.close()


def test_accepted_and_rejected_rows_are_kept_in_their_order(services: Services, tenant: UUID) -> None:
    lines = [_ROW.format(text="Resize", name=f"vm-{n}", amount="1,234" if n % 2 else "many") for n in range(6)]
    ordered = _imported(services, tenant, "\n".join([_HEADER, *lines]).encode())
    snapshot = _snapshot(ordered)
    assert (snapshot.accepted_count, snapshot.rejected_count) == (3, 3)
    assert [row.resource_name for row in _rows(ordered)] == ["vm-1", "vm-3", "vm-5"]
    rejected = list(SnapshotRejectedRows(services.database, tenant, snapshot.id))
    assert [(row.line, row.column, row.value) for row in rejected] == [
        (line, "Potential Annual Cost Savings", "many") for line in (2, 4, 6)
    ]


def test_snapshot_says_what_it_was_made_of(services: Services, tenant: UUID) -> None:
    export = portal_csv(3)
    snapshot = _snapshot(_imported(services, tenant, export))
    [file] = snapshot.details["files"]
    assert file == {
        "name": _FILE_NAME,
        "bytes": len(export),
        "sha256": hashlib.sha256(export).hexdigest(),
    }
    assert snapshot.details["columns"][0] == "Category"
    assert snapshot.taken_at_is_exact
    assert snapshot.taken_at.isoformat() == "2025-02-01T14:38:16.311000+00:00"
    assert snapshot.source_format == "portal_csv"


@pytest.mark.parametrize(
    "text", ["a\tb", "a\\b", "C:\\new\\table", "two\nlines", "Größe 数据 🙂", "\\N", "\\.", "a\x0bb\x0cc\x08d"]
)
def test_any_text_comes_back_as_it_went_in(services: Services, tenant: UUID, text: str) -> None:
    line = _ROW.format(text=f'"{text}"', name="vm", amount="12")
    [row] = _rows(_imported(services, tenant, f"{_HEADER}\n{line}".encode()))
    assert row.problem == text


def test_stream_gives_what_was_written_any_number_of_times(services: Services, tenant: UUID) -> None:
    rows = _rows(_imported(services, tenant, portal_csv(2_500)))
    stored = {row.fingerprint for row in rows}
    assert len(rows) == 2_500
    assert stored


@pytest.mark.parametrize("shape", ["cli", "rest", "resource_graph", "sdk"])
def test_json_goes_the_same_way(services: Services, tenant: UUID, shape: str) -> None:
    text = io.StringIO()
    write_json(text, Estate(rows=40, seed=3), shape=shape)
    ordered = _imported(services, tenant, gzip.compress(text.getvalue().encode()), file_name="advisor.json.gz")
    snapshot = _snapshot(ordered)
    assert snapshot.accepted_count == 40
    assert not snapshot.taken_at_is_exact
    assert any(row.extras for row in _rows(ordered))


@pytest.mark.parametrize(
    ("export", "code"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "alien_file"),
        (b"Name,Age\nA,1\n", "header"),
        (b'[{"category": "Cost"', "truncated"),
    ],
)
def test_alien_file_fails_the_report_and_leaves_nothing(services: Services, tenant: UUID, export: bytes, code: str) -> None:
    ordered = order(services, tenant, export)
    assert _run(ordered) == "failed"
    report = ordered.report()
    assert (report.state, report.snapshot_id) == ("failed", None)
    assert code in (report.error_code or "")
    assert report.error_text
    assert report.next_step
    assert (ordered.snapshots(), ordered.recommendations()) == (0, 0)
    assert [job.kind for job in ordered.jobs()] == ["process_csv_file"]


def test_alien_file_is_logged_by_its_code_without_a_traceback(
    services: Services, tenant: UUID, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "shared.jobs.execution"):
        assert _run(order(services, tenant, b"Name,Age\nA,1\n")) == "failed"
    [told] = [record for record in caplog.records if getattr(record, "action", "") == "job_failed"]
    assert (getattr(told, "code", ""), told.exc_info) == ("export_header_unknown", None)


def test_file_that_breaks_off_after_many_rows_leaves_nothing(services: Services, tenant: UUID) -> None:
    cut_off = gzip.compress(portal_csv(25_000))[:-2_000]
    ordered = order(services, tenant, cut_off)
    assert _run(ordered) == "failed"
    assert (ordered.snapshots(), ordered.recommendations()) == (0, 0)


def test_too_many_rows_fail_with_the_name_of_the_limit(settings: Settings, services: Services, tenant: UUID) -> None:
    strict = Services(settings.model_copy(update={"max_rows": 10}))
    ordered = order(services, tenant, portal_csv(11))
    ordered.services = strict
    assert _run(ordered) == "failed"
    assert "10 rows" in (ordered.report().error_text or "")
    strict.close()


def test_upload_that_is_gone_fails_with_a_reason(services: Services, tenant: UUID) -> None:
    ordered = order(services, tenant, portal_csv(2))
    for path in list(services.blobs.paths_under(f"{tenant}/uploads/")):
        services.blobs.delete(path)
    assert _run(ordered) == "failed"
    assert ordered.report().error_code == "blob_missing"


def test_storage_that_is_away_is_tried_again(settings: Settings, services: Services, tenant: UUID) -> None:
    ordered = order(services, tenant, portal_csv(2))
    away = Services(settings.model_copy(update={"storage_account_url": "https://127.0.0.1:1/nowhere"}))
    ordered.services = away
    assert _run(ordered) == "queued"
    assert ordered.report().state == "processing"
    away.close()


def test_report_without_rows_completes(services: Services, tenant: UUID) -> None:
    ordered = _imported(services, tenant, f"{_HEADER}\n".encode())
    _generate(ordered)
    assert ordered.report().state == "completed"


def test_export_is_not_read_again_when_only_files_failed(services: Services, tenant: UUID) -> None:
    ordered = _imported(services, tenant, portal_csv(5))
    with services.database.tenant(tenant) as session:
        report = session.get_one(Report, ordered.report_id)
        assert report.details["accepted"] == 5
    _generate(ordered)
    assert ordered.snapshots() == 1


def _imported(services: Services, tenant: UUID, export: bytes, file_name: str = _FILE_NAME) -> Ordered:
    ordered = order(services, tenant, export, formats=(ReportFormat.CSV,), file_name=file_name)
    assert _run(ordered) == "succeeded", ordered.report().error_text
    return ordered


def _run(ordered: Ordered) -> str | None:
    return execution.execute(
        ordered.services, process_csv_file, tenant_id=ordered.tenant_id, job_id=ordered.job_id, worker="tested"
    )


def _generate(ordered: Ordered) -> None:
    job = ordered.jobs()[-1]
    state = execution.execute(ordered.services, generate_report, tenant_id=ordered.tenant_id, job_id=job.id, worker="tested")
    assert state == "succeeded"


def _snapshot(ordered: Ordered) -> Snapshot:
    with ordered.services.database.tenant(ordered.tenant_id) as session:
        return session.scalars(select(Snapshot)).one()


def _rows(ordered: Ordered) -> list[Recommendation]:
    snapshot_id = _snapshot(ordered).id
    stream = SnapshotRecommendations(ordered.services.database, ordered.tenant_id, snapshot_id, on_rows=lambda: None)
    first, second = list(stream), list(stream)
    assert first == second
    return first
