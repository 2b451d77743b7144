"""How many checks of one provider go on at the same time, in all processes together.

Each holds a place in Redis that ends by itself, so that a worker that was killed holds none for ever. Where Redis is away
each process keeps to a third of the places, and hopes that there are no more than three.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import redis

_log = logging.getLogger(__name__)

_LOOK_AGAIN_S = 0.25
_TAKE = """
local now = redis.call('time')
now = now[1] * 1000 + math.floor(now[2] / 1000)
redis.call('zremrangebyscore', KEYS[1], '-inf', now)
if redis.call('zcard', KEYS[1]) >= tonumber(ARGV[2]) and not redis.call('zscore', KEYS[1], ARGV[1]) then
    return 0
end
redis.call('zadd', KEYS[1], now + tonumber(ARGV[3]), ARGV[1])
redis.call('pexpire', KEYS[1], ARGV[3])
return 1
"""


class Slots:
    """The places of all providers."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._take = client.register_script(_TAKE)

    @contextmanager
    def held(
        self, provider: str, holder: str, *, most: int, lease_s: float, patience_s: float, wait: Callable[[float], None]
    ) -> Iterator[bool]:
        """Hold a place for the length of the ``with`` block; gives whether there was one within ``patience_s``.

        A holder that takes a place twice has one. ``wait`` sleeps and may raise.
        """
        key = f"credential-checks:{provider}"
        until = time.monotonic() + patience_s

        def wait_on() -> bool:
            if time.monotonic() >= until:
                return False
            wait(_LOOK_AGAIN_S)
            return True

        taken = self._awaited(lambda: self._taken(key, holder, most, lease_s), wait_on)
        if taken is None:
            with _alone(key, max(1, most // 3), patience_s) as is_free:
                yield is_free
            return
        try:
            yield taken
        finally:
            if taken:
                self._give_back(key, holder)

    def _awaited(self, take: Callable[[], bool], wait_on: Callable[[], bool]) -> bool | None:
        """Return whether a place was taken in time; ``None`` where Redis is away."""
        try:
            while not take():
                if not wait_on():
                    return False
        except redis.RedisError as error:
            told = {"action": "check_slots_not_shared", "error": type(error).__name__}
            _log.warning("places for checks are not shared with other workers for now: Redis is away", extra=told)
            return None
        return True

    def _taken(self, key: str, holder: str, most: int, lease_s: float) -> bool:
        answer: Any = self._take(keys=[key], args=[holder, most, round(lease_s * 1000)])
        return bool(int(answer))

    def _give_back(self, key: str, holder: str) -> None:
        try:
            self._client.zrem(key, holder)
        except redis.RedisError:
            # It ends by itself.
            _log.debug("a place was not given back", extra={"action": "check_slot_left"})


_alone_lock = threading.Lock()
_alone_places: dict[str, threading.BoundedSemaphore] = {}


@contextmanager
def _alone(key: str, most: int, patience_s: float) -> Iterator[bool]:
    with _alone_lock:
        places = _alone_places.setdefault(key, threading.BoundedSemaphore(most))
    if not places.acquire(timeout=patience_s):
        yield False
        return
    try:
        yield True
    finally:
        places.release()
