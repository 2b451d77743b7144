"""``python -m worker serve``: run a worker in one of its roles."""

import os
import sys
from dataclasses import dataclass

import click

from shared.queue.names import QUEUES_OF_ROLE, Role


@dataclass(frozen=True)
class _Shape:
    pool: str
    concurrency: int


# Waiting for the network and the database goes on in many threads at once; making files takes a processor each, and a
# process that can be ended.
_SHAPES = {
    Role.INTERACTIVE: _Shape("threads", 8),
    Role.REPORTS: _Shape("prefork", os.cpu_count() or 2),
}


@click.command()
@click.argument("role", type=click.Choice(Role, case_sensitive=False))
@click.option("--concurrency", type=click.IntRange(1, 64), help="Jobs at once; default: what suits the role.")
def serve(role: Role, concurrency: int | None) -> None:
    """Take jobs from the queues of ROLE until told to end.

    `interactive` reads exports and does what is short or waits for others; `reports` makes report files.
    """
    shape = _SHAPES[role]
    # Read by Celery's process pool when first imported, hence a fresh interpreter: SIGTERM begins a soft shutdown.
    os.environ.setdefault("REMAP_SIGTERM", "SIGQUIT")
    command = [sys.executable, "-m", "celery", "-A", "worker.celery_app", "worker"]
    command += ["-n", f"{role}@%h", "-Q", ",".join(QUEUES_OF_ROLE[role]), "--pool", shape.pool]
    command += ["--concurrency", str(concurrency or shape.concurrency), "--loglevel", "INFO"]
    # Nobody listens to gossip, and looking for neighbours costs a second at the start.
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    os.execv(sys.executable, command)  # noqa: S606  (our own interpreter)
