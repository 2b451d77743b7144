"""The quota of Resource Graph, shared by all workers of one principal.

Azure counts the queries of a principal in windows: so many from the first query of a window on, until it ends; what is left
and when it ends stand in every answer. The state of the window lies in Redis, so that workers do not take from one another
what each believes to have. Where Redis is away, each worker takes a third and hopes that there are no more than three.

https://learn.microsoft.com/azure/governance/resource-graph/concepts/guidance-for-throttled-requests
"""

import base64
import hashlib
import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec
import redis

from shared.azure.asked_waits import LONGEST_S

_log = logging.getLogger(__name__)

QUERIES = 15
WINDOW_MS = 5_000
REMAINING = "x-ms-user-quota-remaining"
RESETS_AFTER = "x-ms-user-quota-resets-after"

_LOOK_AGAIN_AFTER_S = 15.0
_USUAL_PAUSE_MS = 5_000
_KEPT_MS = 60_000

# What a window knows: when it began (its name), when it ends, what is left, whether an answer has told its end.
# A window that we open ends a window's length after its first query was let go. Azure's begins a little later, when that
# query arrives; so the first answer, which came later still, moves the end to where it is surely over. What others take of
# the same principal shows as fewer left; answers of windows before say nothing about this one.
_ENTER = """
local now = redis.call('time')
now = now[1] * 1000 + math.floor(now[2] / 1000)
local window = redis.call('hmget', KEYS[1], 'began', 'ends', 'left')
local began, ends, left = tonumber(window[1]), tonumber(window[2]), tonumber(window[3])
if not ends or now >= ends then
    began, ends, left = now, now + ARGV[2], tonumber(ARGV[1])
    redis.call('hset', KEYS[1], 'began', began, 'ends', ends, 'told', 0)
end
if left < 1 then
    return {ends - now, tostring(began)}
end
redis.call('hset', KEYS[1], 'left', left - 1)
redis.call('pexpire', KEYS[1], ARGV[3])
return {0, tostring(began)}
"""
_LEAVE = """
local now = redis.call('time')
now = now[1] * 1000 + math.floor(now[2] / 1000)
local window = redis.call('hmget', KEYS[1], 'began', 'ends', 'left', 'told')
local began, ends, left, told = tonumber(window[1]), tonumber(window[2]), tonumber(window[3]), tonumber(window[4])
local remaining, resets, pause = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
if pause > 0 then
    redis.call('hset', KEYS[1], 'began', began or now, 'ends', math.max(ends or 0, now + pause), 'left', 0, 'told', 1)
    redis.call('pexpire', KEYS[1], math.max(tonumber(ARGV[6]), pause + 1000))
    return 0
end
if not began or tostring(began) ~= ARGV[1] or remaining < 0 then
    return 0
end
local over = math.max(began + ARGV[5], now + resets)
if told == 1 then
    over = math.max(began + ARGV[5], math.min(ends, over))
end
redis.call('hset', KEYS[1], 'ends', over, 'left', math.min(left, remaining), 'told', 1)
return 0
"""


@dataclass
class _Window:
    """The same by one process alone, where Redis is away."""

    queries: int
    lock: threading.Lock = field(default_factory=threading.Lock)
    ends: float = 0.0
    left: int = 0

    def enter_ms(self) -> float:
        with self.lock:
            now = time.monotonic() * 1000
            if now >= self.ends:
                self.ends, self.left = now + WINDOW_MS, self.queries
            if self.left < 1:
                return self.ends - now
            self.left -= 1
            return 0.0

    def pause(self, pause_ms: float) -> None:
        with self.lock:
            self.ends, self.left = max(self.ends, time.monotonic() * 1000 + pause_ms), 0


class QueryLimiter:
    """Lets queries of Resource Graph through as the principal's quota allows; one per process will do."""

    def __init__(self, client: redis.Redis, *, queries: int = QUERIES) -> None:
        self._queries = queries
        self._enter = client.register_script(_ENTER)
        self._leave = client.register_script(_LEAVE)
        self._alone = _Window(max(1, queries // 3))
        self._away_until = 0.0

    def enter(self, token: str, wait: Callable[[float], None]) -> str:
        """Return as soon as one query of the principal that ``token`` names may go out, with a mark for :meth:`leave`."""
        key = _key(token)
        while True:
            wait_ms, began = self._asked(key)
            if wait_ms <= 0:
                return f"{key} {began}"
            wait(wait_ms / 1000)

    def leave(self, mark: str, status: int, headers: Mapping[str, str], retry_after_s: float | None) -> None:
        """Take note of what the answer says; ``status`` 0 where there was none."""
        key, _, began = mark.partition(" ")
        resets_s = seconds_of(headers.get(RESETS_AFTER))
        pause_ms = 0.0
        if status == 429:
            told = max(filter(None, (retry_after_s, resets_s)), default=None)
            pause_ms = _USUAL_PAUSE_MS if told is None else min(told, LONGEST_S) * 1000
        if not began:
            if pause_ms:
                self._alone.pause(pause_ms)
            return
        remaining = str(headers.get(REMAINING, "")).strip()
        left = int(remaining[:9]) if remaining.isascii() and remaining.isdigit() and resets_s is not None else -1
        resets_ms = round(min(resets_s or 0.0, LONGEST_S) * 1000)
        values: list[str | int] = [began, left, resets_ms, round(pause_ms), WINDOW_MS, _KEPT_MS]
        self._told(lambda: self._leave(keys=[key], args=values))

    def _asked(self, key: str) -> tuple[float, str]:
        if time.monotonic() >= self._away_until:
            answer = self._told(lambda: self._enter(keys=[key], args=[self._queries, WINDOW_MS, _KEPT_MS]))
            if answer is not None:
                wait_ms, began = cast("list[Any]", answer)
                return float(wait_ms), began.decode() if isinstance(began, bytes) else str(began)
        return self._alone.enter_ms(), ""

    def _told(self, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except (redis.RedisError, OSError) as error:
            self._away_until = time.monotonic() + _LOOK_AGAIN_AFTER_S
            _log.warning(
                "the quota of Azure is not shared with other workers for now: Redis is away; taking a third of it",
                extra={"action": "quota_not_shared", "error": type(error).__name__},
            )
            return None


def seconds_of(value: str | None) -> float | None:
    """Return ``hh:mm:ss``, which may have a fraction, in seconds; ``None`` for anything else."""
    parts = (value or "").strip().split(":")
    try:
        hours, minutes, seconds = (float(part) for part in parts)
    except ValueError:
        return None
    total = hours * 3600 + minutes * 60 + seconds
    return total if 0 <= total < math.inf else None


def _key(token: str) -> str:
    """Return the name under which the principal of a token is counted; what the token holds cannot be read from it."""
    try:
        payload = token.split(".")[1]
        claims = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=dict[str, Any])
        principal = f"{claims['tid']}/{claims['oid']}"
    except (IndexError, ValueError, KeyError, msgspec.MsgspecError):
        # An opaque token: its holder is not known, so workers that were given other ones cannot be counted together.
        principal = token
    return f"azure-graph-quota:{hashlib.blake2b(principal.encode(), digest_size=16).hexdigest()}"
