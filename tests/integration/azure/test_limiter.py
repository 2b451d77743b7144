"""The quota is shared by all who ask for one principal, follows what Azure says, and survives the loss of Redis."""

import threading
import time
from collections.abc import Iterator

import pytest
import redis

from infra.local.valkey import Valkey
from shared.azure import limiter as limiting
from shared.azure.limiter import QUERIES, REMAINING, RESETS_AFTER, QueryLimiter, seconds_of
from shared.settings import Settings
from tests.simulators.resource_graph import Quota


class HeldError(Exception):
    """A caller would have to wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def _hold(seconds: float) -> None:
    raise HeldError(seconds)


@pytest.fixture
def client(settings: Settings) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.broker_url.get_secret_value()) as client:
        client.flushdb()
        yield client


@pytest.fixture
def long_window(monkeypatch: pytest.MonkeyPatch) -> float:
    """Windows that no slow machine lets end in the midst of a test; their length in seconds."""
    monkeypatch.setattr(limiting, "WINDOW_MS", 50_000)
    monkeypatch.setattr(limiting, "_USUAL_PAUSE_MS", 50_000)
    return 50.0


def test_workers_share_one_window(long_window: float, client: redis.Redis) -> None:
    workers = [QueryLimiter(client) for _ in range(4)]
    for number in range(QUERIES):
        workers[number % 4].enter("a", _hold)
    for worker in workers:
        with pytest.raises(HeldError) as held:
            worker.enter("a", _hold)
        assert 0 < held.value.seconds <= long_window
    workers[0].enter("another principal", _hold)


@pytest.mark.usefixtures("long_window")
def test_what_others_took_shows_in_the_answers(client: redis.Redis) -> None:
    limiter = QueryLimiter(client)
    mark = limiter.enter("a", _hold)
    limiter.leave(mark, 200, {REMAINING: "1", RESETS_AFTER: "00:00:30"}, None)
    limiter.enter("a", _hold)
    with pytest.raises(HeldError):
        limiter.enter("a", _hold)


def test_refusal_closes_the_window_for_as_long_as_azure_says(client: redis.Redis) -> None:
    limiter, other = QueryLimiter(client), QueryLimiter(client)
    limiter.leave(limiter.enter("a", _hold), 429, {}, 30.0)
    with pytest.raises(HeldError) as held:
        other.enter("a", _hold)
    assert 10 < held.value.seconds <= 30


def test_refusal_without_a_time_closes_it_for_a_window(long_window: float, client: redis.Redis) -> None:
    limiter = QueryLimiter(client)
    limiter.leave(limiter.enter("a", _hold), 429, {}, None)
    with pytest.raises(HeldError) as held:
        limiter.enter("a", _hold)
    assert long_window / 2 < held.value.seconds <= long_window


def test_no_answer_closes_it_for_hours(client: redis.Redis) -> None:
    limiter = QueryLimiter(client)
    limiter.leave(limiter.enter("a", _hold), 429, {RESETS_AFTER: "24:00:00"}, 86_400.0)
    with pytest.raises(HeldError) as held:
        limiter.enter("a", _hold)
    assert 100 < held.value.seconds <= 120


def test_answer_of_an_earlier_window_says_nothing_about_this_one(client: redis.Redis) -> None:
    limiter = QueryLimiter(client)
    late = limiter.enter("a", _hold)
    client.hset(late.partition(" ")[0], "began", 1)
    limiter.leave(late, 200, {REMAINING: "0", RESETS_AFTER: "00:00:05"}, None)
    limiter.enter("a", _hold)


def test_quota_is_used_up_and_never_passed(client: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiting, "WINDOW_MS", 1000)
    quota, limiters = Quota(window_s=1.0), [QueryLimiter(client), QueryLimiter(client)]

    def ask(limiter: QueryLimiter) -> None:
        for _ in range(23):
            mark = limiter.enter("a", time.sleep)
            allowed, left, resets_s = quota.take("a")
            told = {REMAINING: str(left), RESETS_AFTER: f"00:00:{resets_s:06.3f}"}
            limiter.leave(mark, 200 if allowed else 429, told, None)

    threads = [threading.Thread(target=ask, args=(limiter,)) for limiter in limiters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # A thread that the machine held up for a whole window may come too late once; it is not the rule.
    assert quota.refused <= 4
    assert quota.counted == 46 - quota.refused


@pytest.mark.usefixtures("long_window")
def test_without_redis_a_third_of_the_quota_is_taken(own_broker: Valkey) -> None:
    own_broker.kill()
    with redis.Redis.from_url(own_broker.url(0), socket_connect_timeout=1) as client:
        limiter = QueryLimiter(client)
        for _ in range(QUERIES // 3):
            limiter.leave(limiter.enter("a", _hold), 200, {REMAINING: "14", RESETS_AFTER: "00:00:05"}, None)
        with pytest.raises(HeldError):
            limiter.enter("a", _hold)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("00:00:05", 5),
        ("01:02:03.5", 3723.5),
        ("5", None),
        ("", None),
        (None, None),
        ("a:b:c", None),
        ("nan:0:0", None),
        ("1e999:0:0", None),
        ("-1:00:00", None),
    ],
)
def test_times_of_quotas_are_read(text: str | None, seconds: float | None) -> None:
    assert seconds_of(text) == seconds
