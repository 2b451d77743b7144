"""Services as a process of the product has them, and worker processes that see the same servers."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from shared.services import Services
from shared.settings import Settings
from tests.integration.jobs.workers import Worker
from tests.shares import share_fixtures

StartWorker = Callable[..., Worker]
_SHOWN_BYTES = 20_000


# Workers, clocks and sweeps work for all tenants: each test has a database with nothing to do but what it orders.
product_environment, settings, database, system_database, owner = share_fixtures("function")


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    """The services of a process."""
    made = Services(settings)
    yield made
    made.close()


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
