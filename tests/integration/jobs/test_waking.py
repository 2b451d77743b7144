"""Sleeping workers are woken by messages on a storage queue, as many as there is work, and sleep again without."""

import contextlib
from collections.abc import Iterator
from uuid import UUID

import pytest
from azure.core.exceptions import ResourceExistsError
from azure.storage.queue import QueueClient
from sqlalchemy import func, update

from infra.local import ports
from infra.local.azurite import Azurite
from infra.local.processes import ProcessGroup
from shared.database.tables import Job
from shared.database.tables.job import JobState
from shared.doctor import azure
from shared.jobs import backlog, requests
from shared.jobs.kinds import GENERATE_REPORT, PROCESS_CSV_FILE, JobKind
from shared.jobs.sweep import sweep
from shared.queue import waking
from shared.queue.names import QUEUES_OF_ROLE, ROLE_OF_QUEUE, Queue, Role
from shared.services import Services
from shared.settings import Settings
from shared.ticks.acts import acts
from tests.integration.jobs.waiting import until


@pytest.fixture(scope="module")
def queue_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    group = ProcessGroup()
    server = Azurite(group, tmp_path_factory.mktemp("queues"), ports.choose(), service="queue")
    server.start()
    yield server
    group.stop()


@pytest.fixture
def sleepy(queue_server: Azurite, services: Services, settings: Settings) -> Iterator[Services]:
    """Services of an installation whose workers sleep; its wake queues exist and are empty."""
    made = Services(
        settings.model_copy(update={"wake_queue_url": queue_server.url, "storage_ca_file": queue_server.ca_file})
    )
    for role in Role:
        queue = client_of(made, role)
        with contextlib.suppress(ResourceExistsError):
            queue.create_queue()
        queue.clear_messages()
    yield made
    made.close()


def client_of(services: Services, role: Role) -> QueueClient:
    return QueueClient(
        services.settings.wake_queue_url,
        waking.queue_name(role),
        credential=services.credential,
        connection_verify=str(services.settings.storage_ca_file),
    )


def messages(services: Services, role: Role) -> int:
    return int(client_of(services, role).get_queue_properties().approximate_message_count or 0)


def add(services: Services, tenant: UUID, kind: JobKind, **values: object) -> Job:
    with services.database.tenant(tenant) as session:
        job = requests.add_job(session, kind, tenant_id=tenant)
        if values:
            session.execute(update(Job).where(Job.id == job.id).values(**values))
    return job


def test_every_queue_has_one_role_to_wake() -> None:
    assert sorted(ROLE_OF_QUEUE) == sorted(Queue)
    assert sum(map(len, QUEUES_OF_ROLE.values())) == len(Queue)


def test_publishing_a_job_wakes_the_role_that_does_it(sleepy: Services, tenant: UUID) -> None:
    job = add(sleepy, tenant, GENERATE_REPORT)
    assert requests.publish_job(sleepy.publisher, sleepy.database, job)
    until(lambda: messages(sleepy, Role.REPORTS) == 1, "the message to arrive")
    assert messages(sleepy, Role.INTERACTIVE) == 0


def test_a_sweep_that_finds_a_forgotten_job_wakes_its_role(sleepy: Services, tenant: UUID) -> None:
    add(sleepy, tenant, PROCESS_CSV_FILE, published_at=None, run_after=func.now() - func.make_interval(0, 0, 0, 0, 0, 1, 0))
    assert sweep(sleepy).published == 1
    until(lambda: messages(sleepy, Role.INTERACTIVE) == 1, "the message to arrive")


def test_there_are_as_many_messages_as_unfinished_jobs_and_none_at_the_end(sleepy: Services, tenant: UUID) -> None:
    jobs = [add(sleepy, tenant, GENERATE_REPORT) for _ in range(3)]
    add(sleepy, tenant, PROCESS_CSV_FILE, run_after=func.now() + func.make_interval(0, 0, 0, 0, 1))
    assert backlog.fit_alarm(sleepy) == "interactive: 0, reports: 3"
    assert (messages(sleepy, Role.REPORTS), messages(sleepy, Role.INTERACTIVE)) == (3, 0)
    end(sleepy, tenant, jobs[:2])
    with sleepy.database.tenant(tenant) as session:
        running = {"state": JobState.RUNNING, "lease_expires_at": func.now() + func.make_interval(0, 0, 0, 0, 1)}
        session.execute(update(Job).where(Job.id == jobs[2].id).values(**running))
    backlog.fit_alarm(sleepy)
    assert messages(sleepy, Role.REPORTS) == 1, "who works must not be put to sleep"
    end(sleepy, tenant, jobs[2:])
    backlog.fit_alarm(sleepy)
    assert messages(sleepy, Role.REPORTS) == 0


def end(services: Services, tenant: UUID, jobs: list[Job]) -> None:
    with services.database.tenant(tenant) as session:
        done = {"state": JobState.SUCCEEDED, "finished_at": func.now(), "lease_expires_at": None}
        session.execute(update(Job).where(Job.id.in_([job.id for job in jobs])).values(**done))


def test_messages_stop_at_what_the_scale_rules_can_use(sleepy: Services) -> None:
    assert sleepy.alarm is not None
    assert sleepy.alarm.fit(Role.REPORTS, 1000) == waking.MOST_MESSAGES == messages(sleepy, Role.REPORTS)


def test_a_wake_queue_that_is_away_costs_nothing_but_a_line_in_the_log(
    settings: Settings, services: Services, tenant: UUID, caplog: pytest.LogCaptureFixture
) -> None:
    away = Services(settings.model_copy(update={"wake_queue_url": "https://127.0.0.1:9/account"}))
    job = add(away, tenant, GENERATE_REPORT)
    assert requests.publish_job(away.publisher, away.database, job)
    away.close()
    assert [record.action for record in caplog.records if hasattr(record, "action")] == ["wake_failed"]
    with pytest.raises(waking.WakeQueueUnavailableError) as caught:
        backlog.fit_alarm(away)
    assert caught.value.retryable
    away.close()


def test_a_queue_that_does_not_exist_is_said_by_name(sleepy: Services) -> None:
    client_of(sleepy, Role.REPORTS).delete_queue()
    assert sleepy.alarm is not None
    with pytest.raises(waking.WakeQueueUnavailableError) as caught:
        sleepy.alarm.fit(Role.REPORTS, 1)
    assert "wake-reports" in caught.value.next_step


def test_workers_that_never_sleep_need_no_queue(settings: Settings, services: Services) -> None:
    assert services.alarm is None
    assert "wake" not in {act.name for act in acts(settings)}


def test_backlog_is_logged_for_alerts(services: Services, tenant: UUID, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    add(services, tenant, GENERATE_REPORT, run_after=func.now() - func.make_interval(0, 0, 0, 0, 1))
    backlog.report(services)
    lines = [vars(record) for record in caplog.records if getattr(record, "action", "") == "backlog"]
    by_role = {line["role"]: line for line in lines}
    assert set(by_role) == {"interactive", "reports"}
    assert (by_role["reports"]["waiting"], by_role["reports"]["running"]) == (1, 0)
    assert by_role["reports"]["oldest_waits_s"] >= 3600


def test_doctor_tells_whether_workers_can_be_woken(sleepy: Services) -> None:
    settings = sleepy.settings
    assert azure.wake_and_take_back(settings, Role.REPORTS) == "wake-reports: written and removed"
    assert messages(sleepy, Role.REPORTS) == 0
    client_of(sleepy, Role.REPORTS).delete_queue()
    with pytest.raises(waking.WakeQueueUnavailableError) as told:
        azure.wake_and_take_back(settings, Role.REPORTS)
    assert "Create the queue wake-reports" in told.value.next_step
