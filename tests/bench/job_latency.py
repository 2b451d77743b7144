"""How long work waits: from ordering a job to the start of its work, against a bare Celery task on the same worker."""

import os
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import redis
from celery import Celery

from infra.local import places
from infra.local.product import APPS_WAVE
from shared.jobs.requests import add_job, publish_job
from shared.queue import broker
from tests.bench import ground
from tests.bench.ground import Ground
from tests.bench.latency_kinds import BARE_TASK, BEGAN_KEY, NOTHING
from tests.bench.measure import Finding, Options, percentile, timed

# The first messages find connections that are not made yet.
_WARM_UP = 20
_PATIENCE_S = 30
# The targets were set where a bare Celery task started after 1.8 ms in the median and 2.7 ms at the 99th percentile.
_P50_TIMES, _P99_TIMES = 5 / 1.8, 15 / 2.7


@dataclass
class _Waits:
    """Milliseconds, sample by sample."""

    bare: list[float] = field(default_factory=list)
    from_order: list[float] = field(default_factory=list)
    """From before the transaction that writes the job row."""
    from_commit: list[float] = field(default_factory=list)
    """From when that transaction has committed."""
    commits: list[float] = field(default_factory=list)
    """One bare commit on the same server: what its disk takes, which starting a job waits for once."""


def measure(options: Options) -> Iterator[Finding]:
    """Yield the median and the 99th percentile of both, and how much the row costs."""
    samples = options.size(1_000, quick=100)
    with ground.prepared() as here, _worker(here):
        waits = _sample(here, samples)
    note = f"{samples} samples each, in turns, one at a time"
    yield Finding("job: committed row to start of work, p50", percentile(waits.from_commit, 0.5), "ms", 5, True, note)
    yield Finding("job: committed row to start of work, p99", percentile(waits.from_commit, 0.99), "ms", 15, True)
    yield Finding("job: before the row is written to start of work, p50", percentile(waits.from_order, 0.5), "ms")
    yield Finding("job: before the row is written to start of work, p99", percentile(waits.from_order, 0.99), "ms")
    yield Finding("bare Celery: before sending to start, p50", percentile(waits.bare, 0.5), "ms")
    yield Finding("bare Celery: before sending to start, p99", percentile(waits.bare, 0.99), "ms")
    yield Finding("bare commit of one row, p50", percentile(waits.commits, 0.5), "ms", note="fsync on; in the same turns")
    yield Finding("bare commit of one row, p99", percentile(waits.commits, 0.99), "ms")
    times = statistics.median(waits.from_commit) / statistics.median(waits.bare)
    yield Finding("job against bare Celery, p50", times, "x", _P50_TIMES, True, "the targets as ratios, for slower machines")
    times = percentile(waits.from_commit, 0.99) / percentile(waits.bare, 0.99)
    yield Finding("job against bare Celery, p99", times, "x", _P99_TIMES, True)


def _sample(here: Ground, samples: int) -> _Waits:
    waits = _Waits()
    settings = here.services.settings
    sender = Celery("bench", set_as_current=False)
    sender.config_from_object(broker.publishing_options(settings))
    with redis.Redis.from_url(settings.broker_url.get_secret_value()) as listener, here.superuser() as connection:
        connection.execute("create table bench_commit as select 0 as number")
        for number in range(-_WARM_UP, samples):
            # One clock for all: this process and the worker's run on the same machine.
            sent = time.time()
            sender.send_task(BARE_TASK, queue=NOTHING.queue.value, priority=NOTHING.priority.value, ignore_result=True)
            bare = _began(listener) - sent
            with timed() as committing:
                connection.execute("update bench_commit set number = number + 1")
            ordered = time.time()
            with here.services.database.tenant(here.tenant_id) as session:
                job = add_job(session, NOTHING, tenant_id=here.tenant_id)
            committed = time.time()
            publish_job(here.services.publisher, here.services.database, job)
            began = _began(listener)
            if number >= 0:
                waits.bare.append(bare * 1000)
                waits.commits.append(committing.seconds * 1000)
                waits.from_order.append((began - ordered) * 1000)
                waits.from_commit.append((began - committed) * 1000)
    sender.close()
    return waits


def _began(listener: "redis.Redis") -> float:
    answer = listener.blpop([BEGAN_KEY], timeout=_PATIENCE_S)
    if answer is None:
        raise TimeoutError(f"no task began within {_PATIENCE_S} s")
    return float(answer[1])


@contextmanager
def _worker(here: Ground) -> Iterator[None]:
    """Run a prefork worker of two processes, as the product's reports role, with the bench's two tasks added."""
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "tests.bench.latency_worker", "worker", "-n", "bench@%h"]
    command += ["-Q", NOTHING.queue.value, "--pool", "prefork", "--concurrency", "2", "--loglevel", "INFO"]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    child = here.servers.group.spawn(
        "worker", command, environment=_environment(here.environment), folder=places.REPOSITORY, wave=APPS_WAVE
    )
    child.wait_until(lambda: any(" ready." in line for line in list(child.lines)), timeout_s=60)
    yield
    child.stop()


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, **given, "PYTHONUNBUFFERED": "1", "REMAP_SIGTERM": "SIGQUIT"}
