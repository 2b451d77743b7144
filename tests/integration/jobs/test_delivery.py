"""Messages: lost, late or delivered twice, the work is done once."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from pydantic import SecretStr

from infra.local.valkey import Valkey
from shared.services import Services
from shared.settings import Settings
from tests.integration.jobs.conftest import StartWorker
from tests.integration.jobs.orders import order, portal_csv
from tests.integration.jobs.waiting import until


@pytest.fixture
def with_own_broker(settings: Settings, own_broker: Valkey) -> Iterator[Services]:
    """Services that publish to the broker of this test alone."""
    made = Services(settings.model_copy(update={"broker_url": SecretStr(own_broker.url())}))
    yield made
    made.close()


def test_message_delivered_twice_does_the_work_once(services: Services, tenant: UUID, start_worker: StartWorker) -> None:
    ordered = order(services, tenant, portal_csv(2_000))
    for _ in range(5):
        assert ordered.publish()
    start_worker().wait_ready()
    ordered.until_state("completed")
    ordered.assert_made_once(2_000)
    assert [job.attempt for job in ordered.jobs()] == [1, 1]


def test_job_ordered_while_the_broker_is_down_runs_once_it_is_back(
    services: Services, with_own_broker: Services, tenant: UUID, own_broker: Valkey, start_worker: StartWorker
) -> None:
    start_worker(environment={"BROKER_URL": own_broker.url()}).wait_ready()
    own_broker.stop()
    ordered = order(services, tenant, portal_csv(20))
    ordered.services = with_own_broker
    assert not ordered.publish()
    own_broker.start()
    ordered.services = services
    ordered.until_state("completed")
    ordered.assert_made_once(20)


def test_message_the_broker_forgot_is_sent_again(
    services: Services, with_own_broker: Services, tenant: UUID, own_broker: Valkey, start_worker: StartWorker
) -> None:
    ordered = order(services, tenant, portal_csv(20))
    ordered.services = with_own_broker
    assert ordered.publish()
    own_broker.kill()
    own_broker.start()
    ordered.services = services
    start_worker(environment={"BROKER_URL": own_broker.url()})
    ordered.until_state("completed")
    ordered.assert_made_once(20)


def test_broker_that_blinks_does_not_end_running_work(
    services: Services,
    with_own_broker: Services,
    tenant: UUID,
    own_broker: Valkey,
    start_worker: StartWorker,
) -> None:
    start_worker(environment={"BROKER_URL": own_broker.url()}).wait_ready()
    ordered = order(services, tenant, portal_csv(30_000))
    ordered.services = with_own_broker
    assert ordered.publish()
    ordered.services = services
    until(lambda: ordered.report().state == "processing", "the import to begin")
    own_broker.kill()
    own_broker.start()
    ordered.until_state("completed")
    ordered.assert_made_once(30_000)
    assert ordered.jobs()[0].attempt == 1
