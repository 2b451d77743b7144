"""Cancelling: at once where nobody works yet, within seconds where somebody does, and nothing half done stays."""

import time
from uuid import UUID

import psutil
import psycopg

from shared.jobs.cancellation import request_cancel
from shared.reporting import reports
from shared.reports import ReportFormat
from shared.services import Services
from tests.integration.jobs.blocking import blocked
from tests.integration.jobs.conftest import StartWorker
from tests.integration.jobs.orders import Ordered, order, portal_csv
from tests.integration.jobs.waiting import until
from tests.integration.jobs.workers import Worker

# Of the promise "within seconds": two for the heartbeat, the rest for a slow machine; what is not stopped ends as completed.
_SECONDS = 60.0


def test_queued_job_is_cancelled_at_once(services: Services, tenant: UUID) -> None:
    ordered = order(services, tenant, portal_csv(5))
    with services.database.tenant(tenant) as session:
        job = request_cancel(session, ordered.job_id)
    assert job is not None
    assert job.state == "cancelled"
    assert ordered.report().state == "cancelled"
    assert {file.error_code for file in ordered.files()} == {"cancelled"}


def test_cancelled_import_stops_and_leaves_nothing(services: Services, tenant: UUID, start_worker: StartWorker) -> None:
    start_worker().wait_ready()
    ordered = order(services, tenant, portal_csv(150_000))
    assert ordered.publish()
    until(lambda: ordered.job(ordered.job_id).state == "running", "the import to begin")
    _cancel_and_time(ordered)
    assert (ordered.snapshots(), ordered.recommendations(), ordered.blobs()) == (0, 0, set())
    assert [job.state for job in ordered.jobs()] == ["cancelled"]


def test_cancelled_report_kills_the_pdf_compiler(services: Services, tenant: UUID, start_worker: StartWorker) -> None:
    worker = start_worker().wait_ready()
    ordered = order(services, tenant, portal_csv(10_000), formats=(ReportFormat.CSV, ReportFormat.PDF))
    assert ordered.publish()
    compiler = until(lambda: _compiler_of(worker), "the PDF compiler to run")
    _cancel_and_time(ordered)
    until(lambda: not compiler.is_running(), "the compiler to be gone")
    assert ordered.blobs() == set()
    assert {file.state for file in ordered.files()} == {"failed"}


def test_cancelled_job_of_a_lost_worker_is_not_taken_up_again(
    services: Services, tenant: UUID, superuser: psycopg.Connection, start_worker: StartWorker
) -> None:
    worker = start_worker().wait_ready()
    ordered = order(services, tenant, portal_csv(5))
    with blocked(superuser, "report_file", "share") as lock:
        assert ordered.publish()
        lock.wait_for_someone()
        worker.kill()
    _cancel(ordered)
    start_worker()
    ordered.until_state("cancelled")
    until(lambda: not ordered.blobs(), "what the lost worker uploaded to be removed")


def test_deleted_report_leaves_no_blob(services: Services, tenant: UUID, start_worker: StartWorker) -> None:
    start_worker().wait_ready()
    ordered = order(services, tenant, portal_csv(5))
    assert ordered.publish()
    ordered.until_state("completed")
    with services.database.tenant(tenant) as session:
        reports.delete(session, ordered.report_id)
    until(lambda: not list(services.blobs.paths_under(f"{tenant}/")), "all blobs of the report to be removed")


def _cancel(ordered: Ordered) -> None:
    with ordered.services.database.tenant(ordered.tenant_id) as session:
        reports.cancel(session, ordered.report_id)


def _cancel_and_time(ordered: Ordered) -> None:
    began = time.monotonic()
    _cancel(ordered)
    ordered.until_state("cancelled")
    assert time.monotonic() - began < _SECONDS


def _compiler_of(worker: Worker) -> psutil.Process | None:
    for process in worker.children():
        try:
            if any("typst_child" in part for part in process.cmdline()):
                return process
        except psutil.NoSuchProcess:
            continue
    return None
