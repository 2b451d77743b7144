"""Due schedules: how fast they are claimed, and what a tick costs that finds nothing due among very many."""

import statistics
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context

from shared.database.engine import Login
from shared.database.session import Database
from shared.scheduling.claiming import claim_due
from shared.scheduling.driving import drive
from shared.settings import Settings
from tests.bench import ground
from tests.bench.ground import Ground
from tests.bench.measure import Finding, Options, timed

_NOW = datetime(2026, 11, 2, 7, 0, 1, tzinfo=UTC)
_TICKERS = 2
_MANY_TICKERS = 4
# Every tenth runs at another rhythm; those that are not due are due on days to come.
_FILL = """
insert into schedule
    (id, tenant_id, name, timing, time_zone, starts_at, work_kind, work, rules, next_planned_at, next_run_at)
select gen_random_uuid(), %(tenant)s, 'Schedule ' || n, case when n %% 10 = 0
        then '{"kind": "interval", "every_s": 86400}'::jsonb else '{"kind": "cron", "expression": "0 7 * * *"}' end,
    'Europe/Berlin', '2026-01-01', 'report', '{"kind": "report", "all_clients": true}',
    '{"misfire_policy": "run_once", "overlap_policy": "skip"}', at, at
from (select n, %(first)s::timestamptz + %(apart)s * n as at from generate_series(1, %(count)s) as n) as planned
"""


def measure(options: Options) -> Iterator[Finding]:
    """Yield the time to claim all that is due, and the cost of ticks by what is stored."""
    due, stored = options.size(100_000, quick=2_000), options.size(1_000_000, quick=20_000)
    with ground.prepared() as here:
        for count in (0, 10_000 if not options.quick else 1_000, stored):
            _fill(here, count, first=_NOW + timedelta(days=2), apart=timedelta(milliseconds=10))
            yield _idle(here, count, options)
            few = options.size(1_000, quick=100)
            _add(here, few, first=_NOW - timedelta(minutes=1), apart=timedelta(0))
            yield _claim(here, few, tickers=1, stored=count)
        _fill(here, 0, first=_NOW, apart=timedelta(0))
        _add(here, due, first=_NOW - timedelta(minutes=1), apart=timedelta(0))
        yield _claim(here, due, tickers=1, target_s=30.0)
        _fill(here, 0, first=_NOW, apart=timedelta(0))
        _add(here, due, first=_NOW - timedelta(minutes=1), apart=timedelta(0))
        yield _claim(here, due, tickers=_TICKERS, target_s=30.0)
        # More than there are processors: nothing is gained, and still each runs exactly once.
        _fill(here, 0, first=_NOW, apart=timedelta(0))
        _add(here, due, first=_NOW - timedelta(minutes=1), apart=timedelta(0))
        yield _claim(here, due, tickers=_MANY_TICKERS)


def _fill(here: Ground, count: int, *, first: datetime, apart: timedelta) -> None:
    with here.superuser() as connection:
        connection.execute("truncate schedule, job cascade; delete from tick")
    if count:
        _add(here, count, first=first, apart=apart)


def _add(here: Ground, count: int, *, first: datetime, apart: timedelta) -> None:
    with here.superuser() as connection:
        connection.execute(_FILL, {"tenant": here.tenant_id, "count": count, "first": first, "apart": apart})
    with here.superuser() as connection:
        connection.autocommit = True
        connection.execute("vacuum analyze schedule")
    here.settle()


def _idle(here: Ground, stored: int, options: Options) -> Finding:
    figures = []
    for _ in range(options.rounds_or(20)):
        with timed() as watch:
            drive(here.services, now=_NOW)
        figures.append(watch.seconds * 1000)
    name = f"tick with nothing due, {stored:,} stored"
    return Finding(name, statistics.median(figures), "ms", 20, at_most=True, note=f"worst {max(figures):.1f}")


def _claim(here: Ground, due: int, *, tickers: int, stored: int = 0, target_s: float | None = None) -> Finding:
    with ProcessPoolExecutor(tickers, mp_context=get_context("spawn")) as processes:
        list(processes.map(_warm_up, [here.services.settings] * tickers))
        with timed() as watch:
            started = sum(processes.map(_tick, [here.services.settings] * tickers))
    with here.superuser() as connection:
        row = connection.execute(
            "select count(*), count(distinct schedule_id), (select count(*) from job where schedule_run_id is not null)"
            " from schedule_run where planned_at < %s",
            [_NOW],
        ).fetchone()
    if row is None or set(row) != {due} or started != due:
        raise AssertionError(f"{started} of {due} were begun; in the database: {row}")
    beside = f", beside {stored:,} that are not" if stored else ""
    name = f"{due:,} due claimed by {tickers} ticker{'s' if tickers > 1 else ''}{beside}"
    return Finding(name, watch.seconds, "s", target_s, at_most=True, note=f"{due / watch.seconds:,.0f}/s")


def _warm_up(settings: Settings) -> None:
    """Let the process import everything and connect once."""
    claim_due(Database(settings, Login.SYSTEM, pool_size=1), now=datetime(2000, 1, 1, tzinfo=UTC))


def _tick(settings: Settings) -> int:
    return claim_due(Database(settings, Login.SYSTEM, pool_size=1), now=_NOW).started
