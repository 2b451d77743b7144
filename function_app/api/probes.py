"""Probes: each dependency asked for a sign of life, all at once, each with its own time limit."""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from function_app.api.callers import Front
from shared.database import schema
from shared.errors import AdvisorReportsError
from shared.services import Services
from shared.telemetry.redaction import redact


@dataclass(frozen=True)
class Probe:
    """One dependency; ``ask`` raises where it does not answer."""

    name: str
    ask: Callable[[], object]
    limit_s: float
    is_needed: bool = True
    """Without a needed one no request can be served; without another the work goes on, later."""


@dataclass(frozen=True)
class Finding:
    """What a probe found; ``detail`` is empty where the dependency is up."""

    probe: Probe
    is_up: bool
    duration_s: float
    detail: str = ""


class Probes:
    """Asks all dependencies. One that hangs keeps one thread, however often it is asked about."""

    def __init__(self, probes: Sequence[Probe]) -> None:
        self._probes = probes
        self._threads = ThreadPoolExecutor(len(probes), thread_name_prefix="probe")
        self._asked: dict[str, Future[Finding]] = {}

    async def ask(self) -> list[Finding]:
        """Return what each probe found, in order, after the longest of the time limits at the latest."""
        return list(await asyncio.gather(*(self._ask(probe) for probe in self._probes)))

    async def _ask(self, probe: Probe) -> Finding:
        asked = self._asked.get(probe.name)
        if asked is None or asked.done():
            # Callers that ask at the same time share the answer: health is public, and must not be a way to make load.
            asked = self._asked[probe.name] = self._threads.submit(_try, probe)
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(asked)), probe.limit_s)
        except TimeoutError:
            return Finding(probe, is_up=False, duration_s=probe.limit_s, detail=f"no answer within {probe.limit_s:g} s")


def probes_of(front: Front) -> Probes:
    """Return the probes of what the front works with."""

    # Each is made when first asked for, within its own time limit.
    services = front.services
    return Probes(
        (
            Probe("database", lambda: front.database.ping(), 3.0),  # noqa: PLW0108
            Probe("schema", lambda: schema.verify(front.database.engine), 3.0),
            Probe("storage", lambda: services.blobs.ping(), 4.0),  # noqa: PLW0108
            # Open connections go on without: only new ones need a token.
            Probe("identity", lambda: services.credential.verify(), 4.0, is_needed=False),  # noqa: PLW0108
            # Without the broker orders are taken all the same, and the sweep sends them on.
            Probe("broker", lambda: services.publisher.ping(), 3.0, is_needed=False),  # noqa: PLW0108
            *_vault_probe(services),
        )
    )


def _vault_probe(services: Services) -> tuple[Probe, ...]:
    if not services.settings.vault_url:
        return ()

    def ask() -> None:
        if services.vault is not None:
            services.vault.ping()

    return (Probe("vault", ask, 4.0, is_needed=False),)


def _try(probe: Probe) -> Finding:
    begun = time.perf_counter()
    detail = ""
    try:
        probe.ask()
    except AdvisorReportsError as error:
        detail = redact(error.message)
    except Exception as error:  # noqa: BLE001 - whatever it is, the dependency is down
        # Texts of drivers may name hosts and logins; the kind of error is enough here, the log has the rest.
        detail = type(error).__name__
    return Finding(probe, is_up=not detail, duration_s=time.perf_counter() - begun, detail=detail)
