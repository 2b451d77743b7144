"""A worker that is killed in the middle of a fetch costs time only."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import func, select

from shared.database.tables import RecommendationRow, Snapshot
from shared.jobs.requests import publish_job
from shared.reporting import reports
from tests.integration.azure.conftest import Tenancy
from tests.integration.jobs.waiting import until
from tests.integration.jobs.workers import Worker
from tests.shares import share_fixtures
from tests.simulators.azure_management import AzureManagement
from tests.simulators.faults import Fault

product_environment, settings, database, system_database, owner = share_fixtures("function")


@pytest.fixture
def workers() -> Iterator[ExitStack]:
    with ExitStack() as running:
        yield running


def test_killed_worker_leaves_nothing_half_read_and_the_next_one_reads_all(
    tenancy: Tenancy, azure: AzureManagement, environment: dict[str, str], workers: ExitStack, tmp_path: Path
) -> None:
    identity = {name: os.environ[name] for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER")}
    given = {**environment, **azure.environment(tmp_path / "authority.pem"), **identity}
    queues = ("azure_api", "reports", "default")
    # An answer that would come long after the test.
    azure.slow_s = 300
    azure.faults.plan(Fault.SLOW, path="2024-04-01", skip=3)
    first = workers.enter_context(Worker(given, queues=queues, pool="threads")).wait_ready()
    report_id = tenancy.order()
    with tenancy.services.database.tenant(tenancy.tenant_id) as session:
        job = reports.newest_job(session, report_id)
    assert job is not None
    assert publish_job(tenancy.services.publisher, tenancy.services.database, job)
    until(lambda: Fault.SLOW in azure.faults.happened, "the worker to be in the middle of a fetch")
    first.kill()
    workers.enter_context(Worker(given, queues=queues, pool="threads"))
    until(lambda: tenancy.report(report_id).state in {"completed", "failed"}, "the report to end")
    report = tenancy.report(report_id)
    assert report.state == "completed", report.error_text
    with tenancy.services.database.tenant(tenancy.tenant_id) as session:
        assert session.scalar(select(func.count()).select_from(Snapshot)) == 1
        rows = session.scalar(select(func.count()).select_from(RecommendationRow))
    fetch = report.details["fetch"]
    assert rows == fetch["recommendations_count"] == 300 - sum(fetch["left_out"].values())
