"""A thousand lives of tokens: does anything grow in the HTTP application or in a worker, and does anything fail?

Tokens live for three seconds. Each roll-over issues new ones (PostgreSQL refuses the old at once, Redis at their end and
then ends what was opened with them) and ends every session of the database, as a fail-over does. After each the HTTP
application serves a read and a write, after every tenth a worker answers a question and its result is read.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

import httpx
import psutil

from infra.local import ports
from infra.local.servers import settings_of
from shared import access, settings
from shared.database.tables import ApiKey
from shared.queue.names import DEBUG_TASK, Queue
from shared.queue.publisher import Publisher
from tests.bench import ground
from tests.bench.ground import Ground
from tests.bench.measure import Finding, Options
from tests.integration.identity.serving import HttpApp
from tests.integration.jobs.workers import Worker
from tests.simulators.azure import Azure, Server

_LIFETIME_S = 3
_ASK_EVERY = 10
_PATIENCE_S = 20.0
# Interpreters reach their working set within some dozens of rounds; what grows later is a leak.
_WARM_UP_SHARE = 0.2
_MOST_GROWTH_MB = 8.0
_PASSWORDS = ("DB_PASSWORD", "DB_SYSTEM_PASSWORD", "DB_OWNER_PASSWORD")


@dataclass
class _Failed:
    """What failed: requests to which a dying session was given, and everything else."""

    at_the_kill: int = 0
    later: int = 0

    def __iadd__(self, more: "_Failed") -> Self:
        self.at_the_kill += more.at_the_kill
        self.later += more.later
        return self


@dataclass(frozen=True)
class _Size:
    """What the processes hold at one moment."""

    rss_mb: float
    threads: int
    files: int
    sessions: int


def measure(options: Options) -> Iterator[Finding]:
    """Yield failures, growth of memory, threads, files and sessions, and the pace."""
    rounds = options.size(1_000, quick=30)
    with ground.prepared() as here, _azure(here) as azure, _signed_in(here, azure) as environment:
        publisher = Publisher(settings.get())
        with HttpApp(environment) as app, Worker(environment, queues=("health_checks", "default")) as worker:
            worker.wait_ready()
            parents = [psutil.Process(app.process.pid), psutil.Process(worker.process.pid)]
            processes = [process for parent in parents for process in (parent, *parent.children(recursive=True))]
            with app.caller(_key(here)) as caller:
                began = time.monotonic()
                warm: _Size | None = None
                middle: _Size | None = None
                failed = _Failed()
                for number in range(rounds):
                    failed += _round(azure, caller, publisher, ask=number % _ASK_EVERY == 0)
                    if number == int(rounds * _WARM_UP_SHARE):
                        warm = _size(processes, azure)
                    if number == int(rounds * (1 + _WARM_UP_SHARE) / 2):
                        middle = _size(processes, azure)
                taken_s = time.monotonic() - began
                end = _size(processes, azure)
        publisher.close()
    assert warm is not None
    assert middle is not None
    note = f"{rounds} roll-overs in {taken_s:.0f} s; {len(processes)} processes, the same from first to last"
    yield Finding("soak: requests and questions that failed", failed.later, "", 0, True, note)
    yield Finding("soak: requests that failed in flight at a kill", failed.at_the_kill, "", note=f"of {2 * rounds:,}")
    grown = end.rss_mb - warm.rss_mb
    yield Finding(
        "soak: memory grown after warming up", grown, "MB", _MOST_GROWTH_MB, True, f"{end.rss_mb:.0f} MB at the end"
    )
    late = end.rss_mb - middle.rss_mb
    yield Finding("soak: of that in the second half", late, "MB", note="a leak would show half of it here, or more")
    yield Finding("soak: threads more", end.threads - warm.threads, "", 2, True, f"{end.threads} at the end")
    yield Finding("soak: open files and sockets more", end.files - warm.files, "", 4, True, f"{end.files} at the end")
    yield Finding("soak: database sessions at the end", end.sessions, "", 12, True, f"{warm.sessions} when warm")
    yield Finding(
        "soak: tokens issued for the database", azure.issuer.issued["https://ossrdbms-aad.database.windows.net"], ""
    )


def _round(azure: Azure, caller: httpx.Client, publisher: Publisher, *, ask: bool) -> "_Failed":
    azure.roll_over()
    failed = _Failed()
    for method, body in (("GET", None), ("POST", {"name": "Soak"})):
        # A session ends some milliseconds after the server was told to end it: the first may still be given to a request.
        if caller.request(method, "/api/v1/clients", json=body).is_error:
            failed.at_the_kill += 1
            failed.later += caller.request(method, "/api/v1/clients", json=body).is_error
    if ask:
        try:
            publisher.ask(DEBUG_TASK, queue=Queue.HEALTH_CHECKS, timeout_s=_PATIENCE_S)
        except Exception as error:  # noqa: BLE001  (counted; the bench goes on)
            print(f"  a question failed: {type(error).__name__}: {error}"[:300], flush=True)
            failed.later += 1
    return failed


def _size(processes: list[psutil.Process], azure: Azure) -> _Size:
    return _Size(
        rss_mb=sum(process.memory_info().rss for process in processes) / 1024 / 1024,
        threads=sum(process.num_threads() for process in processes),
        files=sum(process.num_fds() for process in processes),
        sessions=azure.database.sessions(),
    )


@contextmanager
def _azure(here: Ground) -> Iterator[Azure]:
    postgres = here.servers.postgres
    server = Server(ports.HOST, postgres.port, postgres.passwords.superuser)
    azure = Azure(server, here.servers.valkey, here.folder, lifetime_s=_LIFETIME_S)
    azure.start()
    try:
        yield azure
    finally:
        azure.stop()


@contextmanager
def _signed_in(here: Ground, azure: Azure) -> Iterator[dict[str, str]]:
    """Let this process, too, be one that signs in by token: it reads results itself."""
    kept = {name: value for name, value in here.environment.items() if name not in _PASSWORDS}
    variables = kept | azure.environment(ground.DATABASE)
    before = dict(os.environ)
    os.environ.update(variables)
    settings.get.cache_clear()
    assert settings.get() == settings_of(variables)
    try:
        yield dict(os.environ)
    finally:
        os.environ.clear()
        os.environ.update(before)
        settings.get.cache_clear()


def _key(here: Ground) -> str:
    made = access.generate_key()
    with here.services.system_database.across_tenants() as session:
        session.add(
            ApiKey(
                tenant_id=here.tenant_id,
                name="Soak",
                prefix=made.prefix,
                key_hash=made.key_hash,
                scopes=list(access.Scope),
            )
        )
    return made.secret
