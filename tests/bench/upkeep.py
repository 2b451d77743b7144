"""Removal of a million rows that served their time, and what readers of the same tables notice."""

import statistics
import threading
import time
from collections.abc import Iterator

from shared.upkeep.running import run_upkeep
from tests.bench import ground
from tests.bench.ground import Ground
from tests.bench.measure import Finding, Options, timed

_FILL = """
insert into job (id, tenant_id, kind, queue, priority, max_attempts, run_after, state, finished_at, arguments)
    select gen_random_uuid(), %(tenant)s, 'generate_report', 'reports', 3, 3, now(), 'succeeded',
        now() - interval '1 day' * (n %% 200), '{"choice": "usual"}'
    from generate_series(1, %(jobs)s) as n;
insert into domain_event (id, tenant_id, type, occurred_at, data, dispatch_after, dispatched_at)
    select gen_random_uuid(), %(tenant)s, 'report.completed', now() - interval '1 day' * (n %% 60),
        jsonb_build_object('report_id', gen_random_uuid(), 'title', 'Report ' || n), now(), now()
    from generate_series(1, %(events)s) as n
"""
_READ = "select id from job where tenant_id = %s order by id desc limit 20"


def measure(options: Options) -> Iterator[Finding]:
    """Yield how long the removal takes, and the wait of readers with and without it."""
    wanted = options.size(1_000_000, quick=20_000)
    # Of the jobs 109 of 200 are older than 90 days, of the events 29 of 60 older than 30.
    jobs, events = wanted // 2 * 200 // 109 + 200, wanted // 2 * 60 // 29 + 60
    with ground.prepared() as here:
        with here.superuser() as connection:
            for statement in _FILL.split(";\n"):
                connection.execute(statement, {"tenant": here.tenant_id, "jobs": jobs, "events": events})
        with here.superuser() as connection:
            connection.autocommit = True
            connection.execute("vacuum analyze job, domain_event")
        here.settle()
        calm = _reads(here, until=time.monotonic() + options.size(3, quick=1))
        ended = threading.Event()
        busy: list[float] = []
        reader = threading.Thread(target=lambda: busy.extend(_reads(here, ended=ended)))
        reader.start()
        with timed() as watch:
            done = run_upkeep(here.services, here.tenant_id)
        ended.set()
        reader.join()
    removed = sum(done.counts.values())
    if removed < wanted or done.problems:
        raise AssertionError(f"{done.counts} {done.problems}")
    yield Finding(
        f"{removed:,} rows removed", watch.seconds, "s", 60, at_most=True, note=f"{removed / watch.seconds:,.0f}/s"
    )
    yield Finding("a reader's wait meanwhile, median", statistics.median(busy), "ms", note=f"calm {_calm(calm)}")
    yield Finding("the same, worst", max(busy), "ms", 1000, at_most=True, note=f"of {len(busy):,} reads")


def _calm(figures: list[float]) -> str:
    return f"{statistics.median(figures):.2f}, worst {max(figures):.1f}"


def _reads(here: Ground, *, until: float = float("inf"), ended: threading.Event | None = None) -> list[float]:
    """Read the newest rows again and again, and return how long each read took, in milliseconds."""
    figures = []
    with here.superuser() as connection:
        connection.autocommit = True
        while time.monotonic() < until and not (ended and ended.is_set()):
            begun = time.perf_counter()
            connection.execute(_READ, [here.tenant_id]).fetchall()
            figures.append((time.perf_counter() - begun) * 1000)
            time.sleep(0.005)
    return figures
