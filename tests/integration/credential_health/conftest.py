"""A tenant with credentials, the world that they are for, and the acts of ticks and workers as function calls."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from sqlalchemy import select, update

from shared.access import Scope, generate_key
from shared.credential_health import asking
from shared.database.session import Database
from shared.database.tables import ApiKey, CredentialCheck, CredentialHealth, DomainEvent, Job
from shared.database.tables.job import JobState
from shared.jobs import execution
from shared.jobs.execution import Work
from shared.services import Services
from shared.settings import Settings
from tests.integration.api.serving import Served, caller, serving
from tests.shares import share_fixtures
from tests.simulators.cloud import Cloud
from tests.simulators.receiver import Receiver
from tests.simulators.tokens import DIRECTORY_ID
from worker.jobs.check_all_credentials_health import check_all_credentials_health
from worker.jobs.check_credential_health import check_credential_health
from worker.jobs.check_credential_health_manual import check_credential_health_manual
from worker.jobs.test_azure_connection import test_azure_connection

product_environment, settings, database, system_database, owner = share_fixtures("module")

SECRET = "Q~correct-horse-battery-staple-0123456789"
HEALTH = "/api/v1/credential-health"
_WORKS: dict[str, Work] = {
    work.__name__: work
    for work in (
        *(check_all_credentials_health, check_credential_health, check_credential_health_manual),
        test_azure_connection,
    )
}


class Ground:
    """A tenant, its API, and what a tick and a worker do for it."""

    def __init__(self, services: Services, api: httpx.Client, cloud: Cloud, receiver: Receiver, tenant_id: UUID) -> None:
        self.services = services
        self.api = api
        self.cloud = cloud
        self.receiver = receiver
        self.tenant_id = tenant_id

    def connection(self, name: str = "Contoso", **fields: Any) -> str:
        """Make a connection by secret, which Entra accepts, and return its id."""
        self.cloud.entra.secret = SECRET
        body = {
            "name": name,
            "kind": "service_principal_secret",
            "directory_id": DIRECTORY_ID,
            "application_id": self.cloud.entra.client_id,
            "secret": SECRET,
            **fields,
        }
        return self._made("/api/v1/connections", body)

    def credential(self, name: str = "Partner", **fields: Any) -> str:
        """Store a bearer token for the receiver, and return the credential's id."""
        body = {
            "name": name,
            "provider": "http",
            "credential_type": "bearer",
            "configuration": {"url": f"{self.receiver.url}/me", "method": "POST"},
            "secret": {"token": "token-of-the-partner-0123456789"},
            **fields,
        }
        return self._made("/api/v1/credentials", body)

    def tick(self) -> str:
        """Do what the tick does."""
        return asking.request_due(self.services)

    def work(self) -> int:
        """Do every waiting job as if its time had come, also those that follow, and return how many there were."""
        done = 0
        while job_ids := self._waiting():
            for job_id, kind in job_ids:
                execution.execute(self.services, _WORKS[kind], tenant_id=self.tenant_id, job_id=job_id, worker="test")
            done += len(job_ids)
        return done

    def check(self, times: int = 1) -> None:
        """Let the next checks become due and be made, one after the other."""
        for _ in range(times):
            self.pass_time()
            self.tick()
            self.work()

    def pass_time(self) -> None:
        """Let all credentials be due, and none be left alone any more."""
        with self.services.database.tenant(self.tenant_id) as session:
            hour = timedelta(hours=1)
            session.execute(
                update(CredentialHealth).values(
                    next_check_at=CredentialHealth.created_at - hour, counted_at=CredentialHealth.counted_at - hour
                )
            )

    def health(self, credential_id: str) -> dict[str, Any]:
        """Return how it stands with a credential, as the API says."""
        answer = self.api.get(f"{HEALTH}/{credential_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def history(self, credential_id: str) -> list[dict[str, Any]]:
        """Return the checks of a credential, the newest first."""
        answer = self.api.get(f"{HEALTH}/{credential_id}/checks")
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    def events(self, *types: str) -> list[dict[str, Any]]:
        """Return type and data of what was told, in order."""
        with self.services.database.tenant(self.tenant_id) as session:
            rows = session.scalars(select(DomainEvent).order_by(DomainEvent.id)).all()
        return [{"type": row.type, **row.data} for row in rows if not types or row.type in types]

    def result(self, answer: httpx.Response) -> dict[str, Any]:
        """Return the result of the job that an answer names, after it was done."""
        assert answer.status_code == 202, answer.text
        self.work()
        job = self.api.get(answer.headers["Location"]).json()
        assert job["state"] == "succeeded", job
        found: dict[str, Any] = job["result"]
        return found

    def checks_made(self) -> int:
        """Return how many checks were written down."""
        with self.services.database.tenant(self.tenant_id) as session:
            return len(session.scalars(select(CredentialCheck.id)).all())

    def _made(self, path: str, body: dict[str, Any]) -> str:
        answer = self.api.post(path, json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def _waiting(self) -> list[tuple[UUID, str]]:
        waiting = (Job.tenant_id == self.tenant_id, Job.state == JobState.QUEUED, Job.kind.in_(_WORKS))
        with self.services.database.tenant(self.tenant_id) as session:
            session.execute(update(Job).where(*waiting).values(run_after=Job.created_at - timedelta(seconds=5)))
            return [(row.id, row.kind) for row in session.execute(select(Job.id, Job.kind).where(*waiting).order_by(Job.id))]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Azure."""
    patch = pytest.MonkeyPatch()
    with Cloud(Path(tmp_path_factory.mktemp("cloud")) / "authority.pem") as made:
        for name, value in made.identity.environment.items():
            patch.setenv(name, value)
        yield made
    patch.undo()


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    """Another place that credentials are for."""
    with Receiver(Path(tmp_path_factory.mktemp("receiver")) / "ca.pem") as made:
        yield made


@pytest.fixture(scope="module")
def services(settings: Settings, cloud: Cloud, receiver: Receiver) -> Iterator[Services]:
    """What a process works with that reaches both."""
    made = Services(
        cloud.settings(settings).model_copy(update={**receiver.environment, "outgoing_ca_file": receiver.ca_file})
    )
    yield made
    made.close()


@pytest.fixture(scope="module")
def served(services: Services) -> Iterator[Served]:
    """The API of that installation."""
    with serving(services) as made:
        yield made


@pytest.fixture(autouse=True)
def _nothing_before(cloud: Cloud, receiver: Receiver, superuser: psycopg.Connection) -> None:
    """Nothing of other tests is due, and the world is in order."""
    superuser.execute("truncate azure_connection, stored_credential, credential_health cascade")
    superuser.execute("delete from job where kind like 'check_%'")
    cloud.entra.refuse_with = cloud.entra.fault = cloud.vault.fault = None
    cloud.management.faults.planned.clear()
    receiver.received.clear()
    receiver.answers.clear()


@pytest.fixture
def ground(services: Services, served: Served, cloud: Cloud, receiver: Receiver, tenant: UUID) -> Ground:
    """The test's tenant, for a caller who may do everything."""
    return Ground(services, caller(served, key_of(services.system_database, tenant)), cloud, receiver, tenant)


@pytest.fixture
def neighbour(ground: Ground, served: Served, other_tenant: UUID) -> Ground:
    """Another tenant of the same installation."""
    key = key_of(ground.services.system_database, other_tenant)
    return Ground(ground.services, caller(served, key), ground.cloud, ground.receiver, other_tenant)


def key_of(system_database: Database, tenant_id: UUID) -> str:
    """Make an API key of a tenant that may do everything."""
    key = generate_key()
    with system_database.across_tenants() as session:
        session.add(ApiKey(tenant_id=tenant_id, name="Test", prefix=key.prefix, key_hash=key.key_hash, scopes=list(Scope)))
    return key.secret
