"""``python -m worker serve``: run a worker in one of its roles."""

import os
import sys
from dataclasses import dataclass
from enum import StrEnum

import click

from shared.queue.names import Queue


class Role(StrEnum):
    """What a worker is for."""

    INTERACTIVE = "interactive"
    REPORTS = "reports"


@dataclass(frozen=True)
class _Shape:
    queues: tuple[Queue, ...]
    pool: str
    concurrency: int


# Waiting for the network and the database goes on in many threads at once; making files takes a processor each, and a
# process that can be ended.
_SHAPES = {
    Role.INTERACTIVE: _Shape((Queue.PRIORITY, Queue.HEALTH_CHECKS, Queue.AZURE_API, Queue.DEFAULT), "threads", 8),
    Role.REPORTS: _Shape((Queue.REPORTS,), "prefork", os.cpu_count() or 2),
}


@click.command()
@click.argument("role", type=click.Choice(Role))
@click.option("--concurrency", type=click.IntRange(1, 64), help="Jobs at once; default: what suits the role.")
def serve(role: Role, concurrency: int | None) -> None:
    """Take jobs from the queues of ROLE until told to end.

    `interactive` reads exports and does what is short or waits for others; `reports` makes report files.
    """
    shape = _SHAPES[role]
    # Read by Celery's process pool when first imported, hence a fresh interpreter: SIGTERM begins a soft shutdown.
    os.environ.setdefault("REMAP_SIGTERM", "SIGQUIT")
    command = [sys.executable, "-m", "celery", "-A", "worker.celery_app", "worker"]
    command += ["-n", f"{role}@%h", "-Q", ",".join(shape.queues), "--pool", shape.pool]
    command += ["--concurrency", str(concurrency or shape.concurrency), "--loglevel", "INFO"]
    # Nobody listens to gossip, and looking for neighbours costs a second at the start.
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    os.execv(sys.executable, command)  # noqa: S606  (our own interpreter)
