"""Fixtures that all tests share: real servers, a database of the process's own, a tenant of the test's own.

Nothing starts until a test asks for it, so unit tests cost no server.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Engine

from infra.local import ports
from infra.local.processes import ProcessGroup
from infra.local.servers import settings_of
from infra.local.valkey import Valkey
from shared.database.engine import Login, create_engine
from shared.database.session import Database
from shared.database.tables import Tenant
from shared.settings import Settings
from tests.servers import AskingServers, Counter, TestServers

_SERVERS = pytest.StashKey[TestServers | AskingServers]()
_COUNTER = pytest.StashKey[Counter]()


def pytest_configure(config: pytest.Config) -> None:
    """Own the servers, or learn from the controlling process of a parallel run where to ask for them."""
    worker_input: dict[str, Any] | None = getattr(config, "workerinput", None)
    if worker_input is not None:
        config.stash[_SERVERS] = AskingServers(worker_input["servers"])
        return
    servers = TestServers()
    config.stash[_SERVERS] = servers
    if getattr(config.option, "numprocesses", None):
        config.stash[_COUNTER] = Counter(servers)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker process of a parallel run where to ask."""
    node.workerinput["servers"] = node.config.stash[_COUNTER].address


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started."""
    if (counter := config.stash.get(_COUNTER, None)) is not None:
        counter.close()
    servers = config.stash.get(_SERVERS, None)
    if isinstance(servers, TestServers):
        servers.stop()


@pytest.fixture(scope="session")
def product_environment(pytestconfig: pytest.Config) -> Iterator[dict[str, str]]:
    """The variables by which a process of the product finds this test process's database, broker and storage."""
    variables = pytestconfig.stash[_SERVERS].share().environment
    # azure-identity reads these two from the environment of the very process; nothing else is set in it.
    patch = pytest.MonkeyPatch()
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER"):
        patch.setenv(name, variables[name])
    yield dict(variables)
    patch.undo()


@pytest.fixture(scope="session")
def environment(product_environment: dict[str, str]) -> dict[str, str]:
    """The whole environment for a child process."""
    return {**os.environ, **product_environment}


@pytest.fixture(scope="session")
def settings(product_environment: dict[str, str]) -> Settings:
    """Settings of profile ``testing`` that point at the servers of this test process."""
    return settings_of(product_environment)


@pytest.fixture(scope="session")
def database(settings: Settings) -> Iterator[Database]:
    """The database as the application's login sees it."""
    yield from _open(settings, Login.APP)


@pytest.fixture(scope="session")
def system_database(settings: Settings) -> Iterator[Database]:
    """The database as the login that works across tenants sees it."""
    yield from _open(settings, Login.SYSTEM)


@pytest.fixture(scope="session")
def owner(settings: Settings) -> Iterator[Engine]:
    """An engine of the login that owns the schema."""
    engine = create_engine(settings, Login.OWNER, pool_size=2)
    yield engine
    engine.dispose()


@pytest.fixture
def superuser_address(pytestconfig: pytest.Config, settings: Settings) -> tuple[int, str]:
    """Port and password of the server's superuser."""
    return pytestconfig.stash[_SERVERS].superuser()


@pytest.fixture
def superuser(superuser_address: tuple[int, str], settings: Settings, database: Database) -> Iterator[psycopg.Connection]:
    """A connection of the server's superuser to this process's database, for what tests have to arrange."""
    port, password = superuser_address
    with psycopg.connect(
        host=ports.HOST,
        port=port,
        dbname=database.target.database,
        user="postgres",
        password=password,
        autocommit=True,
        sslmode=settings.db_sslmode,
    ) as connection:
        yield connection


@pytest.fixture
def make_tenant(system_database: Database) -> Callable[[str], UUID]:
    """Makes tenants by name and returns their ids."""
    return lambda name: _make_tenant(system_database, name)


@pytest.fixture
def tenant(system_database: Database) -> UUID:
    """The id of a tenant made for this test."""
    return _make_tenant(system_database, "Contoso")


@pytest.fixture
def other_tenant(system_database: Database) -> UUID:
    """The id of a second tenant, whose rows the first must never see."""
    return _make_tenant(system_database, "Fabrikam")


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Valkey]:
    """A broker for this test alone, which the test may stop, kill and start again at the same address."""
    group = ProcessGroup()
    valkey = Valkey(group, tmp_path / "valkey", ports.choose())
    valkey.start()
    yield valkey
    group.stop()


def _open(settings: Settings, login: Login) -> Iterator[Database]:
    database = Database(settings, login, pool_size=5)
    yield database
    database.dispose()


def _make_tenant(system_database: Database, name: str) -> UUID:
    with system_database.across_tenants() as session:
        tenant = Tenant(name=name)
        session.add(tenant)
        session.flush()
        return tenant.id
