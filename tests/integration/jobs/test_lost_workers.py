"""Workers that are killed at any moment: the job is picked up again and its work is there once."""

from collections.abc import Callable
from uuid import UUID

import psutil
import psycopg
import pytest

from shared.services import Services
from tests.integration.jobs.blocking import blocked
from tests.integration.jobs.conftest import StartWorker
from tests.integration.jobs.orders import Ordered, order, portal_csv
from tests.integration.jobs.waiting import until
from tests.integration.jobs.workers import Worker

MakeTenant = Callable[[str], UUID]
MOMENTS = {
    "while rows are filed": ("recommendation", "share"),
    "before the job begins": ("report", "share"),
    "while content is gathered": ("rejected_row", "access exclusive"),
    "after files were uploaded": ("report_file", "share"),
}


def test_worker_killed_at_any_moment_costs_time_only(
    services: Services, make_tenant: MakeTenant, superuser: psycopg.Connection, start_worker: StartWorker
) -> None:
    worker = start_worker().wait_ready()
    for name, moment in MOMENTS.items():
        ordered = _order_stopped_at(moment, services, make_tenant(name), superuser, worker.kill)
        worker = start_worker()
        ordered.until_state("completed")
        ordered.assert_made_once(50)


def test_child_killed_at_any_moment_costs_time_only(
    services: Services, make_tenant: MakeTenant, superuser: psycopg.Connection, start_worker: StartWorker
) -> None:
    worker = start_worker(concurrency=1).wait_ready()
    for name, moment in MOMENTS.items():
        ordered = _order_stopped_at(moment, services, make_tenant(name), superuser, lambda: _kill_children(worker))
        ordered.until_state("completed")
        ordered.assert_made_once(50)


def _order_stopped_at(
    moment: tuple[str, str], services: Services, tenant: UUID, superuser: psycopg.Connection, stop: Callable[[], None]
) -> Ordered:
    ordered = order(services, tenant, portal_csv(50))
    with blocked(superuser, *moment) as lock:
        assert ordered.publish()
        lock.wait_for_someone()
        stop()
    return ordered


def test_worker_killed_between_import_and_files_costs_time_only(
    services: Services, tenant: UUID, start_worker: StartWorker
) -> None:
    importer = start_worker(queues=("default",)).wait_ready()
    ordered = order(services, tenant, portal_csv(50))
    assert ordered.publish()
    until(lambda: len(ordered.jobs()) == 2, "the export to be imported")
    importer.kill()
    start_worker()
    ordered.until_state("completed")
    ordered.assert_made_once(50)


def test_job_that_kills_every_worker_fails_with_a_reason(
    services: Services, tenant: UUID, superuser: psycopg.Connection, start_worker: StartWorker
) -> None:
    worker = start_worker(concurrency=1).wait_ready()
    ordered = order(services, tenant, portal_csv(50))
    with blocked(superuser, "recommendation", "share") as lock:
        assert ordered.publish()
        for attempt in range(1, 4):
            until(lambda attempt=attempt: _runs(ordered.job(ordered.job_id), attempt), f"attempt {attempt}")  # type: ignore[misc]
            lock.wait_for_someone()
            _kill_children(worker)
    report = ordered.until_state("failed")
    assert (report.error_code, bool(report.error_text), bool(report.next_step)) == ("worker_lost", True, True)
    assert {file.state for file in ordered.files()} == {"failed"}
    assert ordered.recommendations() == 0


@pytest.mark.usefixtures("measured_processes")
def test_worker_told_to_end_gives_its_work_to_the_next(
    services: Services, tenant: UUID, superuser: psycopg.Connection, start_worker: StartWorker
) -> None:
    worker = start_worker().wait_ready()
    ordered = order(services, tenant, portal_csv(50))
    with blocked(superuser, "recommendation", "share") as lock:
        assert ordered.publish()
        lock.wait_for_someone()
        children = worker.children()
        worker.end()
        until(lambda: not any(child.is_running() for child in children), "all processes to end")
    start_worker()
    ordered.until_state("completed")
    ordered.assert_made_once(50)


def _runs(job: object, attempt: int) -> bool:
    return getattr(job, "state", "") == "running" and getattr(job, "attempt", 0) == attempt


def _kill_children(worker: Worker) -> None:
    for child in worker.children():
        try:
            child.kill()
        except psutil.NoSuchProcess:
            continue
