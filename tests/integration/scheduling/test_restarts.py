"""A database server that goes down and comes back under its tickers costs no run and doubles none."""

import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy.exc import DBAPIError

from infra.local import places, ports
from infra.local.postgres import Passwords, Postgres
from infra.local.processes import ProcessGroup
from infra.local.servers import settings_of
from shared.database import schema
from shared.database.engine import Login, create_engine
from shared.database.session import Database
from shared.scheduling.claiming import claim_due
from shared.settings import Settings
from tests.integration.jobs.waiting import PATIENCE_S, until
from tests.integration.scheduling.conftest import NOON, Ground

_DATABASE = "advisor_restarts"
_DUE = 3_000


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A server of this test's own, which keeps what was committed whatever happens to it."""
    with places.scratch_folder("restarts") as folder:
        group = ProcessGroup()
        server = Postgres(group, folder / "postgres", ports.choose(), Passwords())
        server.start()
        server.create_logins()
        server.create_database(_DATABASE)
        yield server
        group.stop()


@pytest.fixture
def settings(product_environment: dict[str, str], own_postgres: Postgres) -> Settings:
    """Settings that point at that server."""
    passwords = own_postgres.passwords
    own = {
        "DATABASE_URL": own_postgres.url(_DATABASE),
        "DB_PASSWORD": passwords.service,
        "DB_SYSTEM_PASSWORD": passwords.upkeep,
        "DB_OWNER_PASSWORD": passwords.owner,
    }
    made = settings_of(product_environment | own)
    engine = create_engine(made, Login.OWNER, pool_size=1)
    schema.upgrade(engine)
    engine.dispose()
    own_postgres.grant_groups()
    return made


def test_a_server_that_crashes_in_the_middle_and_comes_back_costs_no_run(
    ground: Ground, settings: Settings, own_postgres: Postgres
) -> None:
    ground.add(_DUE)
    failed, is_back = Event(), Event()

    def ticker(_: int) -> None:
        database = Database(settings, Login.SYSTEM, pool_size=1)
        try:
            claim_due(database, now=NOON, batch=5)
        except DBAPIError:
            failed.set()
            assert is_back.wait(PATIENCE_S)
            # As the next tick does, in the same process.
            claim_due(database, now=NOON, batch=50)
        finally:
            database.dispose()

    with ThreadPoolExecutor(2) as threads:
        ticking = threads.map(ticker, range(2))
        until(ground.runs, "the first runs")
        assert own_postgres.child is not None
        # "Immediate": no session is asked, nothing is written down; what was committed is found in the log.
        own_postgres.child.popen.send_signal(signal.SIGQUIT)
        assert own_postgres.child.popen.wait(PATIENCE_S) is not None
        own_postgres.start()
        is_back.set()
        list(ticking)
    assert failed.is_set()
    runs, jobs = ground.runs(), ground.jobs()
    assert len(runs) == len(jobs) == len(Counter(run.schedule_id for run in runs)) == _DUE
    assert {job.schedule_run_id: job.id for job in jobs} == {run.id: run.job_id for run in runs}
