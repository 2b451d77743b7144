"""An identity of the test's own, servers that want its tokens, and processes that have nothing else to show."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from infra.local import ports
from infra.local.servers import settings_of
from infra.local.valkey import Valkey
from shared import settings as process_settings
from shared.database.session import Database
from shared.settings import Settings
from tests.integration.jobs.workers import Worker
from tests.shares import share_fixtures
from tests.simulators.azure import Azure, Server

PASSWORDS = ("DB_PASSWORD", "DB_SYSTEM_PASSWORD", "DB_OWNER_PASSWORD")
# Long enough for a busy machine, short enough to see several of them in a test.
LIFETIME_S = 4

StartWorker = Callable[[str], Worker]

# Workers that are watched at a token's end must not be busy with what other tests ordered.
product_environment, settings, database, system_database, owner = share_fixtures("module")


@pytest.fixture
def azure(superuser_address: tuple[int, str], own_broker: Valkey, tmp_path: Path) -> Iterator[Azure]:
    """An identity whose tokens live for an hour, unless a test shortens it."""
    port, password = superuser_address
    made = Azure(Server(ports.HOST, port, password), own_broker, tmp_path)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def azure_environment(environment: dict[str, str], database: Database, azure: Azure) -> dict[str, str]:
    """The whole environment of a process that signs in by token, and by nothing else."""
    kept = {name: value for name, value in environment.items() if name not in PASSWORDS}
    return {**kept, **azure.environment(database.target.database)}


@pytest.fixture
def identity_settings(azure_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """This test's process as one that signs in by token: environment and settings are such a process's."""
    for name in PASSWORDS:
        monkeypatch.delenv(name, raising=False)
    for name, value in azure_environment.items():
        monkeypatch.setenv(name, value)
    process_settings.get.cache_clear()
    assert process_settings.get() == settings_of(azure_environment)
    yield process_settings.get()
    monkeypatch.undo()
    process_settings.get.cache_clear()


@pytest.fixture
def start_worker(azure_environment: dict[str, str]) -> Iterator[StartWorker]:
    """Start workers that sign in by token and end with the test."""
    with ExitStack() as running:

        def start(pool: str) -> Worker:
            queues = ("priority", "default", "reports", "health_checks")
            return running.enter_context(Worker(azure_environment, pool=pool, queues=queues)).wait_ready()

        yield start
