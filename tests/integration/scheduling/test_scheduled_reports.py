"""A due schedule becomes reports, and the run ends when they have."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from shared.database.tables import AzureConnection, Client, Job, Report, ReportFile, ScheduleRun, Snapshot
from shared.database.tables.job import JobState
from shared.identifiers import new_id
from shared.jobs import execution, report_stages
from shared.jobs.problems import Problem
from shared.jobs.sweep import sweep
from shared.scheduling.claiming import claim_due
from tests.integration.scheduling.conftest import NOON, Ground
from worker.jobs.order_scheduled_reports import order_scheduled_reports

AddClient = Callable[..., UUID]


@pytest.fixture
def add_client(ground: Ground) -> AddClient:
    """Write clients, with snapshots of these ages in hours."""

    def add(*ages: int, status: str = "active") -> UUID:
        client_id = new_id()
        with ground.services.database.tenant(ground.tenant_id) as session:
            session.add(Client(id=client_id, tenant_id=ground.tenant_id, name="Contoso", status=status))
            session.flush()
            session.add_all(
                Snapshot(
                    tenant_id=ground.tenant_id,
                    client_id=client_id,
                    source="upload",
                    source_format="portal_csv",
                    taken_at=NOON - timedelta(hours=age),
                    taken_at_is_exact=True,
                    accepted_count=age,
                    rejected_count=0,
                )
                for age in ages
            )
        return client_id

    return add


def _perform(ground: Ground) -> JobState | None:
    claim_due(ground.ticker, now=NOON)
    return execution.execute(
        ground.services,
        order_scheduled_reports,
        tenant_id=ground.tenant_id,
        job_id=ground.jobs()[0].id,
        worker="test",
    )


def _reports(ground: Ground) -> list[Report]:
    with ground.services.database.tenant(ground.tenant_id) as session:
        return list(session.scalars(select(Report).order_by(Report.id)))


def _run(ground: Ground) -> ScheduleRun:
    return ground.runs()[-1]


def test_run_orders_each_clients_report_from_its_newest_snapshot_and_ends_with_the_last(
    ground: Ground, add_client: AddClient
) -> None:
    first, second = add_client(30, 2), add_client(5)
    add_client(1, status="inactive")
    ground.add(work={"kind": "report", "all_clients": True, "formats": ["csv", "pdf"], "title": "Weekly"})
    assert _perform(ground) == JobState.SUCCEEDED
    reports = _reports(ground)
    assert {report.client_id for report in reports} == {first, second}
    assert {(report.title, report.source, report.schedule_run_id) for report in reports} == {
        ("Weekly", "snapshot", _run(ground).id)
    }
    with ground.services.database.tenant(ground.tenant_id) as session:
        snapshots = select(Snapshot.accepted_count).join(Report, Report.snapshot_id == Snapshot.id)
        assert set(session.scalars(snapshots)) == {2, 5}
        assert len(session.scalars(select(ReportFile)).all()) == 4
        making = session.scalars(select(Job.kind).where(Job.report_id.is_not(None))).all()
        assert list(making) == ["generate_report", "generate_report"]
        report_stages.complete(session, reports[0].id)
    assert (_run(ground).state, _run(ground).awaited, _run(ground).ordered_count) == ("started", 1, 2)
    with ground.services.database.tenant(ground.tenant_id) as session:
        report_stages.complete(session, reports[1].id)
    assert (_run(ground).state, _run(ground).failed_count) == ("succeeded", 0)


def test_report_that_fails_makes_its_run_fail_with_the_reason(ground: Ground, add_client: AddClient) -> None:
    add_client(1)
    ground.add()
    _perform(ground)
    with ground.services.database.tenant(ground.tenant_id) as session:
        report_stages.fail(session, _reports(ground)[0].id, Problem("broken", "It broke.", "Mend it."))
    assert (_run(ground).state, _run(ground).reason_code, _run(ground).reason) == ("failed", "broken", "It broke.")


def test_client_without_recommendations_is_left_out_and_noted(ground: Ground, add_client: AddClient) -> None:
    add_client(1)
    without = add_client()
    ground.add()
    _perform(ground)
    (report,) = _reports(ground)
    with ground.services.database.tenant(ground.tenant_id) as session:
        report_stages.complete(session, report.id)
    run = _run(ground)
    assert (run.state, run.ordered_count, run.failed_count, run.reason_code) == ("failed", 1, 1, "no_snapshot")
    assert [left["client_id"] for left in run.details["left_out"]] == [str(without)]


@pytest.mark.parametrize("fields", [{}, {"client_ids": ["11111111-1111-4111-8111-111111111111"], "all_clients": False}])
def test_run_that_can_order_nothing_fails_and_says_why(ground: Ground, fields: dict[str, object]) -> None:
    ground.add(work={"kind": "report", "all_clients": True, **fields})
    assert _perform(ground) == JobState.FAILED
    run = _run(ground)
    assert (run.state, run.reason_code) == ("failed", "nothing_ordered")
    assert run.reason


def test_live_reports_need_a_connection(ground: Ground, add_client: AddClient) -> None:
    add_client(1)
    ground.add(work={"kind": "report", "all_clients": True, "source": "live"})
    assert _perform(ground) == JobState.FAILED
    assert "no Azure connection of its own" in str(_run(ground).reason)


def test_live_reports_of_several_types_read_azure_once_for_each_client(ground: Ground, add_client: AddClient) -> None:
    clients = [add_client(), add_client()]
    with ground.services.database.tenant(ground.tenant_id) as session:
        session.add_all(
            AzureConnection(
                id=new_id(), tenant_id=ground.tenant_id, client_id=client_id, name=str(client_id), kind="managed_identity"
            )
            for client_id in clients
        )
    types = ["executive", "cost", "detailed"]
    ground.add(work={"kind": "report", "all_clients": True, "source": "live", "report_types": types})
    assert _perform(ground) == JobState.SUCCEEDED
    reports = _reports(ground)
    assert sorted((report.client_id, report.report_type) for report in reports) == sorted(
        (client_id, name) for client_id in clients for name in types
    )
    assert (_run(ground).ordered_count, _run(ground).awaited) == (6, 6)
    # Two fetch now, one for each client; four wait for these.
    assert sum(job.published_at is not None for job in ground.jobs() if job.report_id) == 2


def test_run_that_no_worker_began_in_time_expires(ground: Ground) -> None:
    ground.add(rules={"expires_after_s": 600})
    claim_due(ground.ticker, now=NOON)
    job_id = ground.jobs()[0].id
    arguments = {"tenant_id": ground.tenant_id, "job_id": job_id, "worker": "late"}
    assert execution.execute(ground.services, order_scheduled_reports, **arguments) is None  # type: ignore[arg-type]
    assert sweep(ground.services).expired >= 1
    assert (_run(ground).state, _run(ground).reason_code) == ("expired", "expired")
