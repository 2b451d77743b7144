"""No more checks of one provider at once than it takes, in all processes together, and none lost to a killed worker."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from redis.exceptions import ConnectionError as RedisAwayError

from shared.credential_health.slots import Slots
from shared.identifiers import new_id
from shared.services import Services
from tests.integration.jobs.waiting import PATIENCE_S


def _look_again(seconds: float) -> None:
    """Wait for a place less long than the product does between two looks."""
    time.sleep(min(seconds, 0.01))


@pytest.fixture
def provider() -> str:
    return f"test-{new_id()}"


def test_a_provider_is_never_asked_more_at_once_than_it_takes(services: Services, provider: str) -> None:
    going_on, most, lock = 0, 0, threading.Lock()
    # Whoever has a place waits for a second one to have the other.
    both = threading.Barrier(2)

    def work(holder: str) -> None:
        nonlocal going_on, most
        # Each as a process of its own would: they share Redis alone.
        slots = Slots(services.redis)
        with slots.held(provider, holder, most=2, lease_s=60, patience_s=PATIENCE_S, wait=_look_again) as is_free:
            assert is_free
            with lock:
                going_on += 1
                most = max(most, going_on)
            both.wait(PATIENCE_S)
            with lock:
                going_on -= 1

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(work, map(str, range(40))))
    assert most == 2


def test_the_place_of_a_killed_worker_is_free_again_after_its_time(services: Services, provider: str) -> None:
    def held(holder: str, patience_s: float, lease_s: float = 60) -> bool:
        slots = Slots(services.redis)
        with slots.held(provider, holder, most=1, lease_s=lease_s, patience_s=patience_s, wait=_look_again) as is_free:
            return is_free

    dead = Slots(services.redis)
    entered = dead.held(provider, "dead", most=1, lease_s=0.5, patience_s=0, wait=_look_again)
    assert entered.__enter__()
    # It takes its own place again, as the worker does that goes on with its job; nobody else does.
    assert not held("other", 0)
    assert held("other", 60)


def test_without_redis_each_process_keeps_to_a_third(provider: str) -> None:
    class Away(redis.Redis):
        def execute_command(self, *args: object, **options: object) -> object:
            raise RedisAwayError("away")

    slots = Slots(Away())

    def held() -> object:
        return slots.held(provider, "h", most=6, lease_s=60, patience_s=0, wait=_look_again)

    with held() as first, held() as second, held() as third:  # type: ignore[attr-defined]
        assert (first, second, third) == (True, True, False)
