"""An installation with a receiver that it may send to, its API, and its workers' and ticks' acts as function calls."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from sqlalchemy import select, update

from shared import events
from shared.access import Scope, generate_key
from shared.database.tables import ApiKey, DomainEvent, Job, WebhookDelivery, WebhookEndpoint
from shared.database.tables.job import JobState
from shared.deliveries import backoff
from shared.events.dispatching import dispatch
from shared.events.payloads import Payload, ReportCompleted
from shared.identifiers import new_id
from shared.jobs import execution
from shared.jobs.kinds import DELIVER_WEBHOOK
from shared.services import Services
from shared.settings import Settings
from shared.webhooks import subscriber
from tests.integration.api.serving import caller, serving
from tests.simulators.receiver import Receiver
from worker.jobs.deliver_webhook import deliver_webhook


class Ground:
    """A tenant whose events go to a receiver."""

    def __init__(self, services: Services, api: httpx.Client, receiver: Receiver, tenant_id: UUID) -> None:
        self.services = services
        self.api = api
        self.receiver = receiver
        self.tenant_id = tenant_id

    def endpoint(self, **fields: Any) -> dict[str, Any]:
        """Make an endpoint by the API and return it with its secret."""
        answer = self.api.post("/api/v1/webhooks", json={"url": f"{self.receiver.url}/hook", **fields})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def happen(self, payload: Payload | None = None, *, client_id: UUID | None = None) -> UUID:
        """Record an event as its cause would."""
        with self.services.database.tenant(self.tenant_id) as session:
            return events.record(session, self.tenant_id, payload or completed(), client_id=client_id)

    def pass_on(self) -> int:
        """Do what the tick does."""
        return dispatch(self.services.system_database, [subscriber.subscribe])

    def work(self) -> int:
        """Do every waiting delivery as if its time had come, each once, and return how many jobs there were."""
        waiting = select(Job.id).where(
            Job.tenant_id == self.tenant_id, Job.kind == DELIVER_WEBHOOK.name, Job.state == JobState.QUEUED
        )
        with self.services.database.tenant(self.tenant_id) as session:
            job_ids = session.scalars(waiting.order_by(Job.id)).all()
            session.execute(update(Job).where(Job.id.in_(job_ids)).values(run_after=Job.created_at))
        for job_id in job_ids:
            execution.execute(self.services, deliver_webhook, tenant_id=self.tenant_id, job_id=job_id, worker="test")
        return len(job_ids)

    def deliver(self, payload: Payload | None = None) -> UUID:
        """Let something happen and all that follows, once."""
        event_id = self.happen(payload)
        self.pass_on()
        self.work()
        return event_id

    def deliveries(self) -> list[WebhookDelivery]:
        """Return all deliveries, the oldest first."""
        with self.services.database.tenant(self.tenant_id) as session:
            return list(session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))

    def row(self, endpoint: dict[str, Any]) -> WebhookEndpoint:
        """Return an endpoint's row."""
        with self.services.database.tenant(self.tenant_id) as session:
            return session.get_one(WebhookEndpoint, UUID(endpoint["id"]))

    def arrange(self, endpoint: dict[str, Any], **columns: Any) -> None:
        """Set columns of an endpoint's row as if time had passed."""
        with self.services.database.tenant(self.tenant_id) as session:
            session.execute(update(WebhookEndpoint).where(WebhookEndpoint.id == UUID(endpoint["id"])).values(**columns))

    def event_types(self) -> list[str]:
        """Return the types of all events, in order."""
        with self.services.database.tenant(self.tenant_id) as session:
            return list(session.scalars(select(DomainEvent.type).order_by(DomainEvent.id)))

    def delivery(self, endpoint: dict[str, Any], delivery: WebhookDelivery) -> dict[str, Any]:
        """Return a delivery with its attempts, as the API shows it."""
        answer: dict[str, Any] = self.api.get(f"/api/v1/webhooks/{endpoint['id']}/deliveries/{delivery.id}").json()
        return answer


def completed(title: str = "Monday") -> ReportCompleted:
    """Return an event's payload."""
    report_id = new_id()
    return ReportCompleted(
        report_id=report_id, client_id=new_id(), title=title, report_type="cost", link=f"/api/v1/reports/{report_id}"
    )


@pytest.fixture(scope="session")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    """Somebody who listens."""
    with Receiver(Path(tmp_path_factory.mktemp("receiver")) / "ca.pem") as made:
        yield made


@pytest.fixture(scope="session")
def services(settings: Settings, receiver: Receiver) -> Iterator[Services]:
    """What a process works with that may send to the receiver."""
    own = {**receiver.environment, "public_url": "https://advisor.example", "outgoing_ca_file": receiver.ca_file}
    made = Services(settings.model_copy(update=own))
    yield made
    made.close()


@pytest.fixture(scope="session")
def served(services: Services) -> Iterator[Any]:
    """The API of that installation."""
    with serving(services) as made:
        yield made


@pytest.fixture
def nothing_before(receiver: Receiver, superuser: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever earlier tests left waiting is gone, and attempts at once follow without a wait."""
    superuser.execute("truncate domain_event cascade")
    receiver.received.clear()
    receiver.answers.clear()
    monkeypatch.setattr(backoff, "_FIRST_SHORT_S", 0.0)


@pytest.fixture
def ground(services: Services, served: Any, receiver: Receiver, tenant: UUID, nothing_before: None) -> Ground:
    """The test's tenant, which may do everything by the API."""
    del nothing_before
    key = generate_key()
    with services.system_database.across_tenants() as session:
        session.add(ApiKey(tenant_id=tenant, name="Test", prefix=key.prefix, key_hash=key.key_hash, scopes=list(Scope)))
    return Ground(services, caller(served, key.secret), receiver, tenant)
