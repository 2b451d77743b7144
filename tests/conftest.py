"""Fixtures that all tests share: real servers, a database of the process's own, a tenant of the test's own.

Tests that start workers take a database for themselves: see :mod:`tests.shares`.

Nothing starts until a test asks for it, so unit tests cost no server.
"""

import gc
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from infra.local import ports
from infra.local.processes import ProcessGroup
from infra.local.valkey import Valkey
from shared.database.session import Database
from shared.settings import Settings
from tests import examples
from tests.measuring import measured_by, unmeasured
from tests.servers import AskingServers, Counter, TestServers
from tests.shares import SERVERS, share_fixtures
from tests.tenants import add_tenant

_COUNTER = pytest.StashKey[Counter]()
# Coverage measures child processes that find its configuration in this variable.
_MEASURING_VARIABLE = "COVERAGE_PROCESS_CONFIG"
_MEASURING = pytest.StashKey[str | None]()
# The function by which coverage measures, where it does.
_TRACE = pytest.StashKey[Any]()

examples.choose()

# Looking for garbage among all that importing and collecting make to stay takes a fifth of a run's time.
gc.disable()
_LOOK_AFTER = 20_000


def pytest_configure(config: pytest.Config) -> None:
    """Own the servers, or learn from the controlling process of a parallel run where to ask for them."""
    config.stash[_TRACE] = sys.gettrace()
    worker_input: dict[str, Any] | None = getattr(config, "workerinput", None)
    if worker_input is not None:
        config.stash[SERVERS] = AskingServers(worker_input["servers"])
        if worker_input["workerid"] != "gw0":
            # What is measured while tests are collected is what modules do when imported: the same in each process.
            sys.settrace(None)
    else:
        servers = TestServers()
        config.stash[SERVERS] = servers
        if getattr(config.option, "numprocesses", None):
            # This process only controls those that run tests, and they are measured.
            sys.settrace(None)
            threading.settrace(None)
            config.stash[_COUNTER] = Counter(servers)
            return
    config.stash[_MEASURING] = os.environ.pop(_MEASURING_VARIABLE, None)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker process of a parallel run where to ask."""
    node.workerinput["servers"] = node.config.stash[_COUNTER].address


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    """Begin with what takes long, dealt out to all processes, so that none is still at it when the others have nothing left.

    This comes after the order was made random, and the processes begin each with its part of the whole.
    """
    yield
    processes = int(getattr(config, "workerinput", {}).get("workercount", 1))
    long = [item for item in items if item.get_closest_marker("long")]
    others = [item for item in items if not item.get_closest_marker("long")]
    for process in reversed(range(processes)):
        begin = len(others) * process // processes
        others[begin:begin] = long[process::processes]
    items[:] = others


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Measure coverage of the test itself, unless it is marked as one of which none is measured."""
    with unmeasured() if item.get_closest_marker("unmeasured") else measured_by(item.config.stash[_TRACE]):
        return (yield)


def pytest_collection_finish() -> None:
    """Set aside what stays, look for garbage among what tests make, and measure the tests, not what is around them."""
    sys.settrace(None)
    gc.freeze()
    gc.set_threshold(_LOOK_AFTER, *gc.get_threshold()[1:])
    gc.enable()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started."""
    if (counter := config.stash.get(_COUNTER, None)) is not None:
        counter.close()
    servers = config.stash.get(SERVERS, None)
    if isinstance(servers, TestServers):
        servers.stop()


product_environment, settings, database, system_database, owner = share_fixtures("session")


@pytest.fixture
def environment(product_environment: dict[str, str]) -> dict[str, str]:
    """The whole environment for a child process."""
    return {**os.environ, **product_environment}


@pytest.fixture
def measured_processes(pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the processes that this test starts measure their coverage, where it is measured at all.

    That makes a process take half as long again to start. So it is asked for by a few tests that reach, between them, what
    only runs in processes of its own, and not by the many that start the same processes to see something else.
    """
    if (measuring := pytestconfig.stash[_MEASURING]) is not None:
        monkeypatch.setenv(_MEASURING_VARIABLE, measuring)


@pytest.fixture
def superuser_address(pytestconfig: pytest.Config, settings: Settings) -> tuple[int, str]:
    """Port and password of the server's superuser."""
    return pytestconfig.stash[SERVERS].superuser()


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
    return lambda name: add_tenant(system_database, name)


@pytest.fixture
def tenant(system_database: Database) -> UUID:
    """The id of a tenant made for this test."""
    return add_tenant(system_database)


@pytest.fixture
def other_tenant(system_database: Database) -> UUID:
    """The id of a second tenant, whose rows the first must never see."""
    return add_tenant(system_database, "Fabrikam")


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Valkey]:
    """A broker for this test alone, which the test may stop, kill and start again at the same address."""
    group = ProcessGroup()
    valkey = Valkey(group, tmp_path / "valkey", ports.choose())
    valkey.start()
    yield valkey
    group.stop()
