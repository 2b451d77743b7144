"""Statistics kept in Redis for an hour: many readers, one question to Azure."""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

import msgspec
import redis

from shared.azure.statistics import Statistics
from shared.errors import AdvisorReportsError

KEPT_S = 3600
# A little longer than the look may take: who holds the lock and dies must not keep others waiting.
_LOCKED_MS = 150_000
_LOOK_AGAIN_S = 0.1

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


@dataclass
class _Look:
    """What one thread of this process does for all that want the same at that time."""

    over: threading.Event = field(default_factory=threading.Event)
    statistics: Statistics | None = None
    error: Exception | None = None

    def outcome(self, patience_s: float) -> Kept:
        """Wait for its end and return or raise what came of it."""
        if not self.over.wait(max(0.0, patience_s)):
            raise StatisticsPendingError
        if self.statistics is None:
            raise self.error or StatisticsPendingError()
        return Kept(self.statistics, cached=True)


_looks: dict[str, _Look] = {}
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

    def read(
        self, tenant_id: UUID, connection_id: UUID, look: Callable[[], Statistics], *, patience_s: float, of: bytes = b""
    ) -> Kept:
        """Return what is kept; where nothing is, one reader looks and the others wait for it, and for its failure.

        ``of`` says what the statistics are of, however long it is: what was kept of something else is not found. Raises what
        ``look`` raises, and :class:`StatisticsPendingError`.
        """
        key = _key(tenant_id, connection_id, of)
        with _looks_lock:
            under_way = _looks.get(key)
            own = _looks[key] = _Look() if under_way is None else under_way
        if under_way is not None:
            return under_way.outcome(patience_s)
        try:
            kept = self._read(key, look, patience_s)
        except Exception as error:
            own.error = error
            raise
        else:
            own.statistics = kept.statistics
            return kept
        finally:
            with _looks_lock:
                del _looks[key]
            own.over.set()

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
