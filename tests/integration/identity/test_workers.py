"""Workers of both pools go on for many tokens' lives: nothing fails, nothing is started again."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import trustme
from kombu.exceptions import OperationalError

from shared.queue.names import DEBUG_TASK, Queue
from shared.queue.publisher import Publisher
from shared.settings import Settings
from tests.integration.identity.conftest import LIFETIME_S, StartWorker
from tests.integration.identity.load import Load
from tests.integration.jobs.waiting import PATIENCE_S, until
from tests.integration.jobs.workers import Worker
from tests.simulators import enforcement
from tests.simulators.azure import Azure

# A question that nobody answered within this time is lost.
_NOT_LOST_S = 15.0


@pytest.fixture
def publisher(identity_settings: Settings) -> Iterator[Publisher]:
    made = Publisher(identity_settings)
    yield made
    made.close()


@pytest.mark.long
@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_results_are_written_and_read_while_tokens_roll_over_and_sessions_end(
    publisher: Publisher, azure: Azure, start_worker: StartWorker, superuser: psycopg.Connection, pool: str
) -> None:
    azure.issuer.lifetime_s = LIFETIME_S
    worker = start_worker(pool)
    processes = {worker.process.pid, *(child.pid for child in worker.children())}
    answered_by: set[int] = set()

    def ask() -> None:
        answered_by.add(publisher.ask(DEBUG_TASK, queue=Queue.HEALTH_CHECKS, timeout_s=_NOT_LOST_S)["pid"])

    with Load(ask, threads=2) as load:
        for _ in range(3):
            load.go_on(6)
            load.kill(azure.roll_over)
        _wait_for_issues(azure, 3)
        load.go_on(6)
    assert load.unexcused(azure.broker.ended) == []
    assert load.done > 20
    assert answered_by <= processes
    assert {worker.process.pid, *(child.pid for child in worker.children())} == processes
    ticks = superuser.execute(
        "select last_result from tick where name = 'sweep' and last_driver = 'worker clock'"
    ).fetchone()
    assert ticks is not None
    assert not ticks[0].startswith("failed")


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_an_outage_shorter_than_the_token_costs_no_worker_anything(
    publisher: Publisher, azure: Azure, start_worker: StartWorker, pool: str
) -> None:
    azure.issuer.lifetime_s = 120
    start_worker(pool)

    def ask() -> None:
        # A question on its way when the broker's connections end may be lost; it must not be waited for until the token
        # that this test is about has expired.
        publisher.ask(DEBUG_TASK, queue=Queue.HEALTH_CHECKS, timeout_s=_NOT_LOST_S)

    with Load(ask, threads=1) as load:
        load.go_on(2)
        azure.issuer.away = True
        for _ in range(2):
            load.kill(azure.database.end_sessions)
            load.kill(azure.broker_gateway.drop)
            load.go_on(3)
        azure.issuer.away = False
        load.go_on(2)
    assert load.unexcused() == []


def test_a_worker_outlives_its_token_and_the_identity_service(
    publisher: Publisher, azure: Azure, start_worker: StartWorker
) -> None:
    azure.issuer.lifetime_s = 6
    worker = start_worker("prefork")
    processes = {worker.process.pid, *(child.pid for child in worker.children())}
    azure.issuer.away = True
    until(lambda: b"lost" in worker.log() and azure.broker_gateway.connections == 0, "the worker to lose the broker")
    azure.issuer.away = False
    assert publisher.ask(DEBUG_TASK, queue=Queue.HEALTH_CHECKS, timeout_s=PATIENCE_S)["pid"] in processes
    assert {worker.process.pid, *(child.pid for child in worker.children())} == processes


def _wait_for_issues(azure: Azure, more: int) -> None:
    enough = azure.issuer.issued[enforcement.POSTGRESQL] + more
    until(lambda: azure.issuer.issued[enforcement.POSTGRESQL] >= enough, f"{more} more tokens")


def test_no_thread_is_left_behind(publisher: Publisher, azure: Azure) -> None:
    azure.issuer.lifetime_s = 1
    until(_pings_with_a_new_token(publisher, azure), "a first token")
    before = threading.active_count()
    for _ in range(3):
        until(_pings_with_a_new_token(publisher, azure), "a new token")
    until(lambda: threading.active_count() <= before, "renewals to end")


def _pings_with_a_new_token(publisher: Publisher, azure: Azure) -> Callable[[], bool]:
    issued = azure.issuer.issued.get(enforcement.REDIS, 0)

    def ping() -> bool:
        # A token this short may end on its way to the broker.
        with contextlib.suppress(OperationalError):
            publisher.ping()
        return azure.issuer.issued.get(enforcement.REDIS, 0) > issued

    return ping


def test_a_worker_gives_no_token_to_a_broker_of_another_authority(
    azure_environment: dict[str, str], azure: Azure, tmp_path: Path
) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    environment = azure_environment | {"BROKER_CA_FILE": str(tmp_path / "other.pem")}
    with Worker(environment, pool="threads") as worker:
        until(lambda: b"certificate verify failed" in worker.log(), "the worker to refuse the broker")
    assert enforcement.REDIS not in azure.issuer.issued
