"""An installation with a relay, its API, and its workers' and ticks' acts as function calls."""

import hashlib
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from shared import events
from shared.access import Scope, generate_key
from shared.database.tables import ApiKey, Client, Job, MailDelivery, Report, ReportFile
from shared.database.tables.job import JobState
from shared.events.dispatching import dispatch
from shared.events.payloads import CredentialFailed, Payload, ReportCompleted
from shared.identifiers import new_id
from shared.jobs import execution
from shared.jobs.kinds import SEND_MAIL, SEND_WELCOME_EMAIL
from shared.mail.relay_breaker import breaker
from shared.mail.relay_password import passwords
from shared.services import Services
from shared.settings import Settings
from shared.ticks.acts import subscribers
from tests.integration.api.serving import caller, serving
from tests.simulators.relay import PASSWORD, Mail, Relay
from worker.jobs.send_mail import send_mail

REPORT_KEY = "a-key-for-reports-0123456789abcdef"
PDF = b"%PDF-1.7 small"


class Ground:
    """A tenant whose events become mails."""

    def __init__(self, services: Services, api: httpx.Client, relay: Relay, tenant_id: UUID) -> None:
        self.services = services
        self.api = api
        self.relay = relay
        self.tenant_id = tenant_id

    def recipient(self, address: str = "alex@example.com", **fields: Any) -> dict[str, Any]:
        """Add a recipient by the API."""
        answer = self.api.post("/api/v1/mail/recipients", json={"address": address, **fields})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def client(self, name: str = "Contoso") -> UUID:
        """Make a client."""
        with self.services.database.tenant(self.tenant_id) as session:
            client = Client(tenant_id=self.tenant_id, name=name)
            session.add(client)
        return client.id

    def report(self, client_id: UUID, title: str = "Monday", *, content: bytes = PDF) -> ReportCompleted:
        """Make a report with a PDF and a file of rows, and return the event that tells of it."""
        with self.services.database.tenant(self.tenant_id) as session:
            report = Report(
                tenant_id=self.tenant_id,
                client_id=client_id,
                title=title,
                report_type="cost",
                source="upload",
                formats=["pdf", "csv"],
                state="completed",
                finished_at=datetime.now(UTC),
            )
            session.add(report)
            session.flush()
            for file_format, media_type in (("csv", "text/csv"), ("pdf", "application/pdf")):
                path = f"{self.tenant_id}/reports/{report.id}/report.{file_format}"
                session.add(
                    ReportFile(
                        tenant_id=self.tenant_id,
                        report_id=report.id,
                        format=file_format,
                        state="ready",
                        file_name=f"{title}.{file_format}",
                        content_type=media_type,
                        size_bytes=len(content),
                        sha256=hashlib.sha256(content).digest(),
                        blob_path=path,
                        finished_at=datetime.now(UTC),
                    )
                )
                self.services.blobs.upload(path, io.BytesIO(content), content_type=media_type, size_bytes=len(content))
        return ReportCompleted(
            report_id=report.id,
            client_id=client_id,
            title=title,
            report_type="cost",
            link=f"/api/v1/reports/{report.id}",
        )

    def happen(self, payload: Payload, *, client_id: UUID | None = None) -> UUID:
        """Record an event as its cause would, and pass it on as the tick does."""
        with self.services.database.tenant(self.tenant_id) as session:
            event_id = events.record(session, self.tenant_id, payload, client_id=client_id)
        dispatch(self.services.system_database, subscribers(self.services.settings))
        return event_id

    def work(self) -> int:
        """Send every waiting mail as if its time had come, each once, and return how many jobs there were."""
        kinds = [SEND_MAIL.name, SEND_WELCOME_EMAIL.name]
        waiting = select(Job.id).where(Job.tenant_id == self.tenant_id, Job.kind.in_(kinds), Job.state == JobState.QUEUED)
        with self.services.database.tenant(self.tenant_id) as session:
            job_ids = session.scalars(waiting.order_by(Job.id)).all()
            session.execute(update(Job).where(Job.id.in_(job_ids)).values(run_after=Job.created_at))
        for job_id in job_ids:
            execution.execute(self.services, send_mail, tenant_id=self.tenant_id, job_id=job_id, worker="test")
        return len(job_ids)

    def deliver(self, payload: Payload, *, client_id: UUID | None = None) -> list[Mail]:
        """Let something happen and all that follows, once, and return what arrived."""
        before = len(self.relay.accepted)
        self.happen(payload, client_id=client_id)
        self.work()
        return self.relay.accepted[before:]

    def mails(self) -> list[MailDelivery]:
        """Return all mails on record, the oldest first."""
        with self.services.database.tenant(self.tenant_id) as session:
            return list(session.scalars(select(MailDelivery).order_by(MailDelivery.id)))

    def shown(self, mail: MailDelivery) -> dict[str, Any]:
        """Return a mail with its attempts, as the API shows it."""
        answer: dict[str, Any] = self.api.get(f"/api/v1/mail/deliveries/{mail.id}").json()
        return answer


def failed(name: str = "Production", **fields: Any) -> CredentialFailed:
    """Return what tells of a credential that was refused."""
    given: dict[str, Any] = {
        "provider": "azure",
        "credential_type": "client_secret",
        "credential_id": new_id(),
        "name": name,
        "link": "/c",
        "state": "invalid",
        "error_code": "sign_in_refused",
        "error": "Entra refused it.",
        "next_step": "Set a new one.",
        "consecutive_failures": 3,
        "failing_since": datetime.now(UTC),
    }
    return CredentialFailed(**given | fields)


@pytest.fixture(scope="session")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    """Somebody who takes mail."""
    with Relay(Path(tmp_path_factory.mktemp("relay")) / "ca.pem") as made:
        yield made


@pytest.fixture(scope="session")
def services(settings: Settings, relay: Relay) -> Iterator[Services]:
    """What a process works with that may hand mail to the relay."""
    own = {
        **relay.settings,
        "smtp_password": SecretStr(PASSWORD),
        "smtp_timeout_seconds": 60,
        "mail_from": "reports@advisor.example",
        "public_url": "https://advisor.example",
        "mail_reports_key_sha256": hashlib.sha256(REPORT_KEY.encode()).hexdigest(),
    }
    made = Services(settings.model_copy(update=own))
    yield made
    made.close()


@pytest.fixture(scope="session")
def served(services: Services) -> Iterator[Any]:
    """The API of that installation."""
    with serving(services) as made:
        yield made


@pytest.fixture
def nothing_before(relay: Relay, superuser: psycopg.Connection) -> None:
    """Whatever earlier tests left waiting is gone."""
    superuser.execute("truncate domain_event cascade")
    relay.accepted.clear()
    relay.orders.clear()
    passwords.forget()
    breaker.worked()


@pytest.fixture
def ground(services: Services, served: Any, relay: Relay, tenant: UUID, nothing_before: None) -> Ground:
    """The test's tenant, which may do everything by the API."""
    del nothing_before
    key = generate_key()
    with services.system_database.across_tenants() as session:
        session.add(ApiKey(tenant_id=tenant, name="Test", prefix=key.prefix, key_hash=key.key_hash, scopes=list(Scope)))
    return Ground(services, caller(served, key.secret), relay, tenant)


@pytest.fixture
def anonymous(served: Any) -> httpx.Client:
    """Somebody without a key."""
    return caller(served)
