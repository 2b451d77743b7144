"""Claims, leases and the fence, without a worker process."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Event
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, update

from shared.database.tables import Job, Report
from shared.errors import AdvisorReportsError
from shared.jobs import claims, execution, requests
from shared.jobs.cancellation import request_cancel
from shared.jobs.claims import Claim
from shared.jobs.heartbeat import Heartbeat
from shared.jobs.kinds import GENERATE_REPORT, PROCESS_CSV_FILE, REMOVE_REPORT_FILES
from shared.jobs.outcomes import MOST_CLAIMS
from shared.jobs.problems import JobCancelledError, LeaseLostError
from shared.jobs.run import JobRun
from shared.jobs.sweep import sweep
from shared.services import Services
from tests.integration.jobs.orders import Ordered, order
from tests.integration.jobs.waiting import until


class TroubleError(AdvisorReportsError):
    """Something that may pass."""

    code = "trouble"
    retryable = True


@pytest.fixture
def ordered(services: Services, tenant: UUID) -> Ordered:
    return order(services, tenant, b"nothing to read")


def test_only_one_of_many_claims_succeeds(ordered: Ordered) -> None:
    with ThreadPoolExecutor(5) as threads:
        taken = list(threads.map(lambda _: _claim(ordered), range(5)))
    assert sum(claim is not None for claim in taken) == 1
    assert ordered.report().state == "processing"


def test_job_that_is_not_due_is_not_claimed(ordered: Ordered) -> None:
    _set(ordered, run_after=func.now() + timedelta(minutes=5))
    assert _claim(ordered) is None


def test_job_of_another_tenant_is_not_claimed(ordered: Ordered, other_tenant: UUID) -> None:
    database = ordered.services.database
    assert claims.claim(database, other_tenant, ordered.job_id, worker="w", lease_s=60) is None


def test_job_of_a_deleted_report_is_cancelled_instead_of_claimed(ordered: Ordered) -> None:
    with ordered.services.database.tenant(ordered.tenant_id) as session:
        session.execute(update(Report).where(Report.id == ordered.report_id).values(deleted_at=func.now()))
    assert _claim(ordered) is None
    assert ordered.job(ordered.job_id).state == "cancelled"


def test_worker_that_lost_its_lease_commits_nothing(ordered: Ordered) -> None:
    zombie = _run(ordered, lease_s=0.001)
    _sweep_until_queued(ordered)
    successor = _run(ordered)
    with pytest.raises(LeaseLostError), zombie.finishing() as session:
        session.execute(update(Report).where(Report.id == ordered.report_id).values(title="written by the dead"))
    assert ordered.report().title != "written by the dead"
    with successor.finishing() as session:
        successor.hold(session)
        session.execute(update(Report).where(Report.id == ordered.report_id).values(title="written by the living"))
    assert ordered.report().title == "written by the living"


def test_job_that_hears_nothing_is_ended_at_its_hard_limit(ordered: Ordered) -> None:
    claim = _claimed(ordered)
    run = JobRun(ordered.services, replace(claim, kind=replace(claim.kind, hard_limit_s=0)))
    with Heartbeat(run, lease_s=0.5):
        until(lambda: ordered.job(ordered.job_id).state == "failed", "the heartbeat to end it")
        until(run.should_stop, "the run to be told")
        with pytest.raises(LeaseLostError):
            run.check()
    assert (ordered.job(ordered.job_id).error_code, ordered.report().state) == ("time_limit", "failed")
    with pytest.raises(LeaseLostError), run.finishing():
        pass


@pytest.mark.parametrize("end", ["fail", "retry", "cancel"])
def test_worker_that_lost_its_lease_cannot_end_the_job_otherwise_either(ordered: Ordered, end: str) -> None:
    def lose_the_lease_and_fail(run: JobRun) -> None:
        _set(ordered, attempt=run.claim.attempt + 1, cancel_requested=end == "cancel")
        if end == "retry":
            raise TroubleError("It did not work.")
        raise ValueError(end)

    assert _execute(ordered, lose_the_lease_and_fail) is None
    assert ordered.job(ordered.job_id).state == "running"


def test_heartbeat_of_a_lost_claim_is_refused(ordered: Ordered) -> None:
    claim = _claimed(ordered)
    _set(ordered, attempt=claim.attempt + 1)
    with pytest.raises(LeaseLostError):
        claims.beat(ordered.services.database, claim, lease_s=60, progress=1, phase="")


def test_running_work_learns_that_its_lease_is_lost(ordered: Ordered, quick: Services) -> None:
    def lose_the_lease(run: JobRun) -> None:
        _set(ordered, attempt=run.claim.attempt + 1)
        until(run.should_stop, "the heartbeat to notice")
        run.check()

    assert _execute(ordered, lose_the_lease, quick) is None


def test_heartbeat_shows_progress_of_job_and_report(ordered: Ordered, quick: Services) -> None:
    def work(run: JobRun) -> None:
        run.report_progress(50, "half way")
        until(lambda: ordered.report().phase == "half way", "the report to show it")
        assert ordered.report().progress == 20
        assert ordered.job(ordered.job_id).progress == 50

    assert _execute(ordered, work, quick) == "succeeded"


def test_heartbeat_keeps_a_long_job(ordered: Ordered, quick: Services) -> None:
    def work(run: JobRun) -> None:
        first = ordered.job(ordered.job_id).lease_expires_at
        assert first is not None
        until(lambda: (ordered.job(ordered.job_id).lease_expires_at or first) > first, "the lease to be extended")
        assert sweep(ordered.services).requeued == 0

    assert _execute(ordered, work, quick) == "succeeded"


def test_retryable_failure_is_tried_again_after_its_delay(ordered: Ordered) -> None:
    def fail(_run: JobRun) -> None:
        raise TroubleError("It did not work.", next_step="Wait.")

    assert _execute(ordered, fail) == "queued"
    job = ordered.job(ordered.job_id)
    assert (job.attempt, job.published_at, job.error_code) == (1, None, None)
    assert _claim(ordered) is None
    for _ in range(2):
        _set(ordered, run_after=func.now())
        state = _execute(ordered, fail)
    assert state == "failed"
    report = ordered.report()
    assert (report.error_code, report.error_text, report.next_step) == ("trouble", "It did not work.", "Wait.")


def test_work_without_room_comes_back_as_the_same_job_with_all_its_attempts_and_at_last_ends(ordered: Ordered) -> None:
    def find_no_room(run: JobRun) -> None:
        with run.putting_back(60):
            waits.append(run.claim.times_put_back)

    waits: list[int] = []
    for _ in range(PROCESS_CSV_FILE.max_attempts + 2):
        assert _execute(ordered, find_no_room) == "queued"
        assert _claim(ordered) is None
        _set(ordered, run_after=func.now())
    assert waits == list(range(PROCESS_CSV_FILE.max_attempts + 2))
    job = ordered.job(ordered.job_id)
    assert job.max_attempts - job.attempt == PROCESS_CSV_FILE.max_attempts
    # The columns hold no more than 32,767.
    _set(ordered, attempt=MOST_CLAIMS - 1, max_attempts=MOST_CLAIMS + 2)
    assert _execute(ordered, find_no_room) == "failed"
    assert ordered.job(ordered.job_id).error_code == "never_its_turn"


def test_unexpected_failure_is_told_without_its_details(ordered: Ordered) -> None:
    def fail(_run: JobRun) -> None:
        raise ValueError("secret of the inside")

    assert _execute(ordered, fail) == "failed"
    report = ordered.report()
    assert report.error_code == "internal"
    assert "secret" not in f"{report.error_text} {report.next_step}"


def test_cancelled_work_ends_as_cancelled_whatever_it_raises(ordered: Ordered, quick: Services) -> None:
    def work(run: JobRun) -> None:
        with ordered.services.database.tenant(ordered.tenant_id) as session:
            request_cancel(session, ordered.job_id)
        until(run.should_stop, "the heartbeat to notice")
        raise ValueError("fell over because it was stopped")

    assert _execute(ordered, work, quick) == "cancelled"
    assert ordered.report().state == "cancelled"


def test_cancel_that_comes_before_the_commit_wins(ordered: Ordered) -> None:
    run = _run(ordered)
    with ordered.services.database.tenant(ordered.tenant_id) as session:
        request_cancel(session, ordered.job_id)
    with pytest.raises(JobCancelledError), run.finishing():
        pass


def test_worker_that_is_told_to_end_gives_the_job_back(ordered: Ordered) -> None:
    def end(_run: JobRun) -> None:
        raise SystemExit

    with pytest.raises(SystemExit):
        _execute(ordered, end)
    assert ordered.job(ordered.job_id).state == "queued"


def test_work_past_its_time_limit_fails_with_that_reason(ordered: Ordered, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(run: JobRun) -> None:
        monkeypatch.setattr(run, "_deadline", 0.0)
        run.check()

    assert _execute(ordered, work) == "failed"
    assert ordered.report().error_code == "time_limit"


def test_two_sweeps_at_once_take_each_lost_job_once(services: Services, tenant: UUID) -> None:
    jobs = [_lost_job(services, tenant) for _ in range(150)]
    start = Event()

    def run(_number: int) -> int:
        start.wait()
        return sweep(services).requeued

    with ThreadPoolExecutor(2) as threads:
        counts = threads.map(run, range(2))
        start.set()
        assert sum(counts) >= len(jobs)
    with services.database.tenant(tenant) as session:
        states = {(job.state, job.attempt) for job in session.query(Job)}
    assert states == {("queued", 1)}


def test_sweep_sends_a_due_job_once_per_wait(ordered: Ordered) -> None:
    _set(ordered, run_after=func.now() - timedelta(minutes=1))
    sweep(ordered.services)
    first = ordered.job(ordered.job_id).published_at
    sweep(ordered.services)
    assert first is not None
    assert ordered.job(ordered.job_id).published_at == first


def test_waits_between_messages_of_one_row_double(ordered: Ordered) -> None:
    # Published ten minutes after it was due and fifty seconds ago: the next wait is long.
    _set(ordered, run_after=func.now() - timedelta(seconds=650), published_at=func.now() - timedelta(seconds=50))
    before = ordered.job(ordered.job_id).published_at
    sweep(ordered.services)
    assert ordered.job(ordered.job_id).published_at == before
    _set(ordered, run_after=func.now() - timedelta(seconds=55), published_at=func.now() - timedelta(seconds=50))
    sweep(ordered.services)
    assert ordered.job(ordered.job_id).published_at != before


def test_job_that_serves_no_report_runs_too(services: Services, tenant: UUID) -> None:
    with services.database.tenant(tenant) as session:
        job = requests.add_job(session, REMOVE_REPORT_FILES, tenant_id=tenant)
    done: list[UUID] = []
    work: Callable[[JobRun], None] = lambda run: done.append(run.claim.job_id)  # noqa: E731
    state = execution.execute(services, work, tenant_id=tenant, job_id=job.id, worker="w")
    assert (state, done) == ("succeeded", [job.id])


def test_job_nobody_knows_is_nothing_to_do(services: Services, tenant: UUID) -> None:
    state = execution.execute(services, lambda _run: None, tenant_id=tenant, job_id=uuid4(), worker="w")
    assert state is None


@pytest.fixture
def quick(services: Services) -> Iterator[Services]:
    """The same services with a lease so short that heartbeats come every fifth of a second."""
    made = Services(services.settings.model_copy(update={"job_lease_s": 1.0}))
    yield made
    made.close()


def _claim(ordered: Ordered, lease_s: float = 60.0) -> Claim | None:
    return claims.claim(ordered.services.database, ordered.tenant_id, ordered.job_id, worker="tested", lease_s=lease_s)


def _claimed(ordered: Ordered, lease_s: float = 60.0) -> Claim:
    claim = _claim(ordered, lease_s)
    assert claim is not None
    return claim


def _run(ordered: Ordered, lease_s: float = 60.0) -> JobRun:
    return JobRun(ordered.services, _claimed(ordered, lease_s))


def _execute(ordered: Ordered, work: execution.Work, services: Services | None = None) -> str | None:
    return execution.execute(
        services or ordered.services, work, tenant_id=ordered.tenant_id, job_id=ordered.job_id, worker="tested"
    )


def _set(ordered: Ordered, **values: object) -> None:
    with ordered.services.database.tenant(ordered.tenant_id) as session:
        session.execute(update(Job).where(Job.id == ordered.job_id).values(**values))


def _sweep_until_queued(ordered: Ordered) -> None:
    until(lambda: sweep(ordered.services) and ordered.job(ordered.job_id).state == "queued", "the sweep to find the job")


def _lost_job(services: Services, tenant: UUID) -> UUID:
    with services.database.tenant(tenant) as session:
        job = requests.add_job(session, GENERATE_REPORT, tenant_id=tenant)
        session.execute(
            update(Job)
            .where(Job.id == job.id)
            .values(state="running", attempt=1, lease_expires_at=func.now() - timedelta(seconds=1))
        )
    return job.id
