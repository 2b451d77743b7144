"""Statistics kept in Redis for an hour: many readers, one question to Azure."""

import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from functools import partial
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

import msgspec
import redis

from shared.azure.statistics import Statistics
from shared.errors import AdvisorReportsError

KEPT_S = 3600
# A little longer than a look may take, with its last question: who holds the lock and dies must not keep others waiting.
_LOCKED_MS = 100_000
_LOOK_AGAIN_S = 0.1
# Each has some threads; where Azure is slow for many connections at once, jobs look at the others.
_MOST_LOOKS = 8

_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end"

_decode = msgspec.json.Decoder(Statistics).decode


class StatisticsPendingError(AdvisorReportsError):
    """Asking Azure takes longer than a reader should wait: it is a job's work."""

    code = "statistics_pending"
    retryable = True

    def __init__(self) -> None:
        super().__init__("Reading the statistics from Azure takes longer than a reader should wait.")


class Kept(NamedTuple):
    """Statistics, and whether they were at hand already."""

    statistics: Statistics
    cached: bool


class UnderWay(NamedTuple):
    """A look of this process, which ends in its own time, and whether somebody else set it going."""

    look: Future[Kept]
    joined: bool

    def outcome(self) -> Kept:
        """Return or raise what came of it; raises :class:`StatisticsPendingError` where it is not over yet."""
        if not self.look.done():
            raise StatisticsPendingError
        kept = self.look.result()
        return kept._replace(cached=True) if self.joined else kept


_looks: dict[str, Future[Kept]] = {}
_looks_lock = threading.Lock()


class KeptStatistics:
    """The statistics of connections; safe to share between threads."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._release = client.register_script(_RELEASE)

    def found(self, tenant_id: UUID, connection_id: UUID, *, of: bytes = b"") -> Statistics | None:
        """Return what is kept, and nothing where Redis is away."""
        try:
            found = self._client.get(_key(tenant_id, connection_id, of))
        except redis.RedisError:
            return None
        return None if found is None else _decode(found)

    def begin(
        self, tenant_id: UUID, connection_id: UUID, look: Callable[[], Statistics], *, patience_s: float, of: bytes = b""
    ) -> UnderWay:
        """Return what one thread does for all that want the same: it finds what is kept, else looks and keeps that.

        Nobody has to stay for it. Where another process looks, it waits for that for ``patience_s``. ``of`` says what the
        statistics are of, however long it is: what was kept of something else is not found. Raises
        :class:`StatisticsPendingError` where too many looks are under way.
        """
        key = _key(tenant_id, connection_id, of)
        with _looks_lock:
            if (under_way := _looks.get(key)) is not None:
                return UnderWay(under_way, joined=True)
            if len(_looks) >= _MOST_LOOKS:
                raise StatisticsPendingError
            ending: Future[Kept] = Future()
            work = partial(copy_context().run, self._end, key, ending, look, patience_s)
            # A process that is asked to end need not wait for what nobody waits for any more.
            threading.Thread(target=work, name="look at statistics", daemon=True).start()
            _looks[key] = ending
        return UnderWay(ending, joined=False)

    def _end(self, key: str, ending: Future[Kept], look: Callable[[], Statistics], patience_s: float) -> None:
        try:
            tell = partial(ending.set_result, self._read(key, look, patience_s))
        except BaseException as error:  # noqa: BLE001 - whoever waits raises it
            tell = partial(ending.set_exception, error)
        with _looks_lock:
            # Before it is told: whoever comes from now on finds what is kept, or looks anew.
            del _looks[key]
        tell()

    def _read(self, key: str, look: Callable[[], Statistics], patience_s: float) -> Kept:
        until = time.monotonic() + patience_s
        mark = secrets.token_hex(8)
        try:
            while True:
                if (found := self._client.get(key)) is not None:
                    return Kept(_decode(found), cached=True)
                if self._client.set(f"{key}:lock", mark, nx=True, px=_LOCKED_MS):
                    break
                if time.monotonic() > until:
                    raise StatisticsPendingError
                time.sleep(_LOOK_AGAIN_S)
        except redis.RedisError:
            # The threads of this process are of one mind all the same.
            return Kept(look(), cached=False)
        try:
            # Somebody may have been done between the look at the key and the lock.
            if (found := self._client.get(key)) is not None:
                return Kept(_decode(found), cached=True)
            statistics = look()
            self._keep(key, statistics)
            return Kept(statistics, cached=False)
        finally:
            self._let_go(key, mark)

    def keep(self, tenant_id: UUID, connection_id: UUID, statistics: Statistics, *, of: bytes = b"") -> None:
        """Keep ``statistics`` for an hour, in place of what was there; a Redis that is away keeps nothing."""
        self._keep(_key(tenant_id, connection_id, of), statistics)

    def _keep(self, key: str, statistics: Statistics) -> None:
        try:
            self._client.set(key, msgspec.json.encode(statistics), ex=KEPT_S)
        except redis.RedisError:
            return

    def _let_go(self, key: str, mark: str) -> None:
        try:
            self._release(keys=[f"{key}:lock"], args=[mark])
        except redis.RedisError:
            return


def _key(tenant_id: UUID, connection_id: UUID, of: bytes) -> str:
    return f"azure-statistics:{tenant_id}:{connection_id}:{blake2b(of, digest_size=8).hexdigest()}"
