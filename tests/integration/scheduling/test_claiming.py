"""Due schedules run exactly once: whoever ticks, however many tick, whatever dies and whatever the clock says."""

import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from shared.database.engine import Login
from shared.database.session import Database
from shared.scheduling.claiming import claim_due
from shared.scheduling.driving import drive
from shared.scheduling.waiting import begin_waiting
from shared.settings import Settings
from tests.integration.jobs.waiting import until
from tests.integration.scheduling.conftest import NOON, Ground

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# Ticks in small batches until it is killed or nothing is left.
_TICKER = """
import sys
from datetime import datetime
from shared.database.engine import Login
from shared.database.session import Database
from shared import settings
from shared.scheduling.claiming import claim_due
claim_due(Database(settings.get(), Login.SYSTEM, pool_size=1), now=datetime.fromisoformat(sys.argv[1]), batch=3)
"""


def _assert_each_ran_once(ground: Ground, count: int) -> None:
    runs, jobs = ground.runs(), ground.jobs()
    assert Counter(run.schedule_id for run in runs) == Counter({run.schedule_id for run in runs})
    assert len(runs) == len(jobs) == count
    assert {job.schedule_run_id: job.id for job in jobs} == {run.id: run.job_id for run in runs}


def test_run_job_and_next_time_are_written_together(ground: Ground) -> None:
    (schedule_id,) = ground.add()
    assert str(claim_due(ground.ticker, now=NOON + _MINUTE)) == "1 runs of 1 schedules"
    (run,), (job,) = ground.runs(), ground.jobs()
    assert (run.state, run.trigger, run.planned_at, run.late_s, run.awaited) == ("started", "schedule", NOON, 60, 1)
    assert (job.kind, job.schedule_run_id, job.published_at) == ("order_scheduled_reports", run.id, None)
    assert ground.schedule(schedule_id).next_run_at == NOON + _HOUR
    assert claim_due(ground.ticker, now=NOON + _MINUTE).schedules == 0


def test_four_tickers_at_once_run_each_once(ground: Ground, settings: Settings) -> None:
    ground.add(800)
    together = Barrier(4)

    def ticker(_: int) -> int:
        database = Database(settings, Login.SYSTEM, pool_size=1)
        together.wait()
        try:
            return claim_due(database, now=NOON, batch=20).started
        finally:
            database.dispose()

    with ThreadPoolExecutor(4) as threads:
        started = list(threads.map(ticker, range(4)))
    assert sum(started) == 800
    _assert_each_ran_once(ground, 800)


def test_ticker_that_is_killed_in_the_middle_leaves_nothing_half_done(ground: Ground, environment: dict[str, str]) -> None:
    ground.add(1500)
    ticker = subprocess.Popen([sys.executable, "-c", _TICKER, NOON.isoformat()], env=environment)
    until(lambda: ground.runs() or ticker.poll() is not None, "the ticker to begin")
    ticker.kill()
    assert ticker.wait() == -9
    begun = len(ground.runs())
    assert begun < 1500
    assert claim_due(ground.ticker, now=NOON).started == 1500 - begun
    _assert_each_ran_once(ground, 1500)


def test_database_that_ends_the_session_in_the_middle_costs_no_run(
    ground: Ground, settings: Settings, superuser: psycopg.Connection
) -> None:
    ground.add(300)
    database = Database(settings, Login.SYSTEM, pool_size=1)
    with database.across_tenants() as session:
        pid = session.connection().exec_driver_sql("select pg_backend_pid()").scalar_one()
    with superuser.cursor() as cursor, ThreadPoolExecutor(1) as threads:
        # A lock keeps the ticker in the middle of its first batch until its session is ended, as a restart does.
        cursor.execute("begin")
        cursor.execute("lock table job in exclusive mode")
        ticking = threads.submit(claim_due, database, now=NOON)
        waits = "select 1 from pg_locks where pid = %s and not granted"
        until(lambda: cursor.execute(waits, [pid]).fetchone() is not None, "the ticker to write its jobs")
        cursor.execute("select pg_terminate_backend(%s)", [pid])
        cursor.execute("rollback")
        with pytest.raises(OperationalError):
            ticking.result()
    assert (ground.runs(), ground.jobs()) == ([], [])
    # The same process goes on with a new session.
    assert claim_due(database, now=NOON).started == 300
    database.dispose()
    _assert_each_ran_once(ground, 300)


def test_clock_that_steps_forth_and_back_repeats_nothing_and_stops_nothing(ground: Ground) -> None:
    (schedule_id,) = ground.add(rules={"overlap_policy": "allow"})
    ground.add(timing={"kind": "moon"}, due_at=NOON + 9 * _DAY, last_claimed_at=NOON + 9 * _DAY)
    services = ground.services
    drive(services, now=NOON)
    drive(services, now=NOON + _DAY)  # the clock leaps a day ahead …
    ahead = ground.runs()
    assert ground.schedule(schedule_id).next_run_at == NOON + _DAY + _HOUR
    drive(services, now=NOON + 2 * _MINUTE)  # … and is set right
    assert ground.schedule(schedule_id).next_run_at == NOON + _HOUR
    assert len(ground.runs()) == len(ahead)
    drive(services, now=NOON + _HOUR)
    drive(services, now=NOON + 2 * _HOUR)
    planned = [run.planned_at for run in ground.runs() if run.state == "started"]
    assert sorted(planned) == sorted(set(planned))
    assert NOON + 2 * _HOUR in planned
    drive(services, now=NOON + _DAY)  # what ran ahead of time does not run again
    assert [run.planned_at for run in ground.runs()].count(NOON + _DAY) == 1


@pytest.mark.parametrize(
    ("policy", "started", "waiting", "missed"),
    [("skip", 0, 0, 24), ("run_once", 1, 0, 23), ("run_all", 1, 9, 14)],
)
def test_day_of_downtime_is_made_up_for_by_the_policy_and_told(
    ground: Ground, policy: str, started: int, waiting: int, missed: int
) -> None:
    (schedule_id,) = ground.add(due_at=NOON - 23 * _HOUR, rules={"misfire_policy": policy})
    drive(ground.services, now=NOON + 30 * _MINUTE)
    runs = ground.runs()
    states = Counter(run.state for run in runs)
    assert (states["started"], states["waiting"]) == (started, waiting)
    assert sum(run.occurrences for run in runs if run.state == "missed") == missed
    assert all(run.reason_code and run.reason for run in runs if run.state in {"missed", "started"})
    (event,) = ground.events()
    assert (event.type, event.data["schedule_id"], event.data["occurrences"]) == (
        "schedule.missed",
        str(schedule_id),
        missed,
    )
    assert ground.schedule(schedule_id).next_run_at == NOON + _HOUR


def test_silence_between_ticks_is_told_to_those_who_had_runs_due(ground: Ground, other_tenant: object) -> None:
    drive(ground.services, now=NOON - 2 * _HOUR)
    ground.add(due_at=NOON - _HOUR, rules={"misfire_policy": "run_all"})
    drive(ground.services, now=NOON)
    stale = [event for event in ground.events() if event.type == "ticker.stale"]
    assert [event.data["silent_for_s"] for event in stale] == [7200]


@pytest.mark.parametrize(
    ("policy", "states", "reason"),
    [("skip", ["started", "skipped"], "overlap"), ("queue", ["started", "waiting"], None), ("allow", ["started"] * 2, None)],
)
def test_run_whose_predecessor_goes_on_follows_the_overlap_policy(
    ground: Ground, policy: str, states: list[str], reason: str | None
) -> None:
    ground.add(rules={"overlap_policy": policy})
    claim_due(ground.ticker, now=NOON)
    claim_due(ground.ticker, now=NOON + _HOUR)
    assert ground.states() == states
    assert ground.runs()[-1].reason_code == reason


def test_waiting_run_begins_when_the_one_before_it_has_ended(ground: Ground, settings: Settings) -> None:
    ground.add(rules={"overlap_policy": "queue", "expires_after_s": 5 * 3600})
    for hours in range(4):
        claim_due(ground.ticker, now=NOON + hours * _HOUR)
    assert begin_waiting(ground.ticker, now=NOON + 4 * _HOUR) == 0
    _end_job(ground, "succeeded")
    assert ground.states() == ["succeeded", "waiting", "waiting", "waiting"]
    together = Barrier(2)

    def ticker(_: int) -> int:
        together.wait()
        return begin_waiting(ground.ticker, now=NOON + 6 * _HOUR)

    with ThreadPoolExecutor(2) as threads:
        assert sum(threads.map(ticker, range(2))) == 1
    # The one that was planned five hours ago had no more.
    assert ground.states() == ["succeeded", "expired", "started", "waiting"]


def test_run_ends_as_its_job_does(ground: Ground) -> None:
    for state, expected in (("failed", "failed"), ("cancelled", "cancelled"), ("succeeded", "succeeded")):
        ground.add()
        claim_due(ground.ticker, now=NOON)
        _end_job(ground, state)
        run = ground.runs()[-1]
        assert (run.state, run.awaited, run.finished_at is None) == (expected, 0, False)
        assert run.reason == ("No." if state == "failed" else None)


def test_schedule_of_an_unknown_job_is_skipped_with_a_reason_and_goes_on(ground: Ground) -> None:
    (schedule_id,) = ground.add(work_kind="job", work={"kind": "job", "job_kind": "gone", "arguments": {}})
    claim_due(ground.ticker, now=NOON)
    (run,) = ground.runs()
    assert (run.state, run.reason_code) == ("skipped", "job_kind_unknown")
    assert ground.schedule(schedule_id).next_run_at == NOON + _HOUR


def test_schedule_that_cannot_be_read_stops_and_says_so_and_stops_no_other(ground: Ground) -> None:
    broken, _ = ground.add(timing={"kind": "moon"}) + ground.add()
    claim_due(ground.ticker, now=NOON)
    assert Counter(ground.states()) == Counter(["skipped", "started"])
    assert ground.schedule(broken).next_run_at is None


def _end_job(ground: Ground, state: str) -> None:
    problem = {"error_code": "no", "error_text": "No."} if state == "failed" else {}
    with ground.services.database.tenant(ground.tenant_id) as session:
        job = ground.jobs()[-1]
        job = session.merge(job)
        job.state, job.finished_at = state, NOON
        for name, value in problem.items():
            setattr(job, name, value)
