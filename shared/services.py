"""What a process works with, each made once, on first use, after any fork."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

import redis

from shared.database.async_reading import AsyncReader
from shared.database.engine import Login
from shared.database.session import Database
from shared.identity import process
from shared.identity.token_cache import CachingCredential
from shared.queue import redis_client
from shared.queue.publisher import Publisher
from shared.queue.waking import Alarm
from shared.settings import Settings
from shared.storage.blobs import BlobStore
from shared.vault import Vault

_Service = TypeVar("_Service")
# Only ticks work across tenants: a session that holds the lock and one that does the work, for two that meet.
_SYSTEM_CONNECTIONS = 4


class Services:
    """The process's database logins, blob store, publisher and credential; safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._made: dict[str, Any] = {}
        self._readers: dict[asyncio.AbstractEventLoop, AsyncReader] = {}
        self._lock = threading.RLock()

    @property
    def database(self) -> Database:
        """PostgreSQL as the application role."""
        return self._once("database", lambda: Database(self.settings, Login.APP))

    @property
    def system_database(self) -> Database:
        """PostgreSQL as the role that works across tenants."""
        return self._once(
            "system_database",
            lambda: Database(self.settings, Login.SYSTEM, pool_size=_SYSTEM_CONNECTIONS),
        )

    @property
    def reader(self) -> AsyncReader:
        """PostgreSQL as the application role, for short reads on the running event loop, each loop's its own."""
        loop = asyncio.get_running_loop()
        reader = self._readers.get(loop)
        return reader if reader is not None else self._reader_for(loop)

    @property
    def credential(self) -> CachingCredential:
        """The Azure credential."""
        return process.credential(self.settings)

    @property
    def blobs(self) -> BlobStore:
        """The container of uploads and report files."""
        return self._once("blobs", lambda: BlobStore(self.settings, self.credential))

    @property
    def vault(self) -> Vault | None:
        """The Key Vault; ``None`` where the settings name none."""
        return self._once("vault", lambda: Vault(self.settings, self.credential)) if self.settings.vault_url else None

    @property
    def publisher(self) -> Publisher:
        """The way to the broker."""
        return self._once("publisher", lambda: Publisher(self.settings, alarm=self.alarm))

    @property
    def alarm(self) -> Alarm | None:
        """What wakes sleeping workers; ``None`` where they do not sleep."""
        return self._once("alarm", lambda: Alarm(self.settings, self.credential)) if self.settings.wake_queue_url else None

    @property
    def redis(self) -> redis.Redis:
        """The broker's Redis, for what processes have to share for a while and may lose."""
        return self._once("redis", lambda: redis_client.connect(self.settings))

    def close(self) -> None:
        """Close what was made."""
        with self._lock:
            made, self._made = self._made, {}
            readers, self._readers = self._readers, {}
        for reader in readers.values():
            reader.close()
        for name in ("database", "system_database"):
            if name in made:
                made[name].dispose()
        for name in ("publisher", "vault", "alarm", "redis"):
            if name in made:
                made[name].close()

    def _reader_for(self, loop: asyncio.AbstractEventLoop) -> AsyncReader:
        with self._lock:
            for ended in [known for known in self._readers if known.is_closed()]:
                self._readers.pop(ended).close()
            return self._readers.setdefault(loop, AsyncReader(self.settings))

    def _once(self, name: str, make: Callable[[], _Service]) -> _Service:
        if name not in self._made:
            with self._lock:
                if name not in self._made:
                    self._made[name] = make()
        return cast("_Service", self._made[name])
