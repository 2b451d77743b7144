"""Messages: lost, late or delivered twice, the work is done once."""

from uuid import UUID

from infra.local.valkey import Valkey
from shared.services import Services
from shared.settings import Settings
from tests.integration.jobs.conftest import StartWorker
from tests.integration.jobs.orders import order, portal_csv
from tests.integration.jobs.waiting import until


def test_message_delivered_twice_does_the_work_once(services: Services, tenant: UUID, start_worker: StartWorker) -> None:
    ordered = order(services, tenant, portal_csv(2_000))
    for _ in range(5):
        assert ordered.publish()
    start_worker().wait_ready()
    ordered.until_state("completed")
    ordered.assert_made_once(2_000)
    assert [job.attempt for job in ordered.jobs()] == [1, 1]


def test_job_ordered_while_the_broker_is_down_runs_once_it_is_back(
    settings: Settings, services: Services, tenant: UUID, own_broker: Valkey, start_worker: StartWorker
) -> None:
    cut_off = Services(settings.model_copy(update={"broker_url": _secret(own_broker)}))
    start_worker(environment={"BROKER_URL": own_broker.url()}).wait_ready()
    own_broker.stop()
    ordered = order(services, tenant, portal_csv(20))
    ordered.services = cut_off
    assert not ordered.publish()
    own_broker.start()
    ordered.services = services
    ordered.until_state("completed")
    ordered.assert_made_once(20)
    cut_off.close()


def test_message_the_broker_forgot_is_sent_again(
    services: Services, tenant: UUID, own_broker: Valkey, settings: Settings, start_worker: StartWorker
) -> None:
    forgetful = Services(settings.model_copy(update={"broker_url": _secret(own_broker)}))
    ordered = order(services, tenant, portal_csv(20))
    ordered.services = forgetful
    assert ordered.publish()
    own_broker.kill()
    own_broker.start()
    ordered.services = services
    start_worker(environment={"BROKER_URL": own_broker.url()})
    ordered.until_state("completed")
    ordered.assert_made_once(20)
    forgetful.close()


def test_broker_that_blinks_does_not_end_running_work(
    services: Services, tenant: UUID, own_broker: Valkey, settings: Settings, start_worker: StartWorker
) -> None:
    nearby = Services(settings.model_copy(update={"broker_url": _secret(own_broker)}))
    start_worker(environment={"BROKER_URL": own_broker.url()}).wait_ready()
    ordered = order(services, tenant, portal_csv(30_000))
    ordered.services = nearby
    assert ordered.publish()
    ordered.services = services
    until(lambda: ordered.report().state == "processing", "the import to begin")
    own_broker.kill()
    own_broker.start()
    ordered.until_state("completed")
    ordered.assert_made_once(30_000)
    assert ordered.jobs()[0].attempt == 1
    nearby.close()


def _secret(broker: Valkey) -> object:
    from pydantic import SecretStr

    return SecretStr(broker.url())
