"""Services as a process of the product has them, and worker processes that see the same servers."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import redis

from shared.services import Services
from shared.settings import Settings
from tests.integration.jobs.left_behind import drop_work_left_behind
from tests.integration.jobs.workers import Worker

StartWorker = Callable[..., Worker]
_SHOWN_BYTES = 20_000


@pytest.fixture(scope="session")
def all_services(settings: Settings) -> Iterator[Services]:
    """The services of a process; the container exists."""
    made = Services(settings)
    made.blobs.create_container()
    yield made
    made.close()


@pytest.fixture
def services(all_services: Services, settings: Settings) -> Services:
    """The same, with a broker that holds no message of an earlier test and a database that holds none of its work."""
    with redis.Redis.from_url(settings.broker_url.get_secret_value()) as broker:
        broker.flushdb()
    drop_work_left_behind(all_services)
    return all_services


@pytest.fixture
def start_worker(environment: dict[str, str]) -> Iterator[StartWorker]:
    """Start workers that end with the test."""
    with ExitStack() as running:

        def start(**options: object) -> Worker:
            given = {**environment, **options.pop("environment", {})}  # type: ignore[dict-item]
            worker = running.enter_context(Worker(given, **options))  # type: ignore[arg-type]
            # Shown only where the test fails, and then the first thing to read.
            running.callback(lambda: print(worker.log()[-_SHOWN_BYTES:].decode(errors="replace")))
            return worker

        yield start
