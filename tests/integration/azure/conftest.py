"""A simulated Azure beside the real servers, and a tenant with a connection to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
import redis
from sqlalchemy import func, select

from shared.azure.filters import FetchFilter
from shared.azure.live_orders import LiveOrder
from shared.database.tables import AzureConnection, Client, Job, Report, Snapshot
from shared.database.tables.azure_connection import ConnectionKind
from shared.identifiers import new_id
from shared.jobs import execution
from shared.jobs.execution import Work
from shared.reporting import reports, sourced_reports
from shared.reports import ReportFormat
from shared.reports.options import ReportOptions
from shared.services import Services
from shared.settings import Settings
from tests.generators.azure_estate import make_estate
from tests.simulators.azure_management import AzureManagement
from tests.simulators.managed_identity import ManagedIdentityEndpoint
from worker.jobs.fetch_azure_recommendations import fetch_azure_recommendations
from worker.jobs.sync_azure_statistics import sync_azure_statistics


@pytest.fixture
def azure() -> Iterator[AzureManagement]:
    """Five subscriptions with 300 recommendations, some put aside."""
    with AzureManagement(make_estate(5, 300)) as running:
        running.graph.quota = None
        yield running


@pytest.fixture
def services(
    azure: AzureManagement, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Services]:
    """Services of a process that finds the simulated Azure, signed in by its managed identity."""
    identity = ManagedIdentityEndpoint(azure.issuer)
    identity.start()
    for name, value in identity.environment.items():
        monkeypatch.setenv(name, value)
    variables = azure.environment(tmp_path / "authority.pem")
    found = {name.lower(): value for name, value in variables.items()}
    made = Services(Settings(**{**settings.model_dump(exclude_unset=True), **found}))
    made.blobs.create_container()
    with redis.Redis.from_url(settings.broker_url.get_secret_value()) as broker:
        broker.flushdb()
    yield made
    made.close()
    identity.stop()


@dataclass
class Tenancy:
    """A tenant's client and connection, and what is ordered for it."""

    services: Services
    tenant_id: UUID
    client_id: UUID
    connection_id: UUID

    def order(
        self,
        *,
        filters: FetchFilter | None = None,
        keep_put_aside: bool = False,
        refresh_first: bool = False,
        file_format: ReportFormat = ReportFormat.CSV,
        language: str = "",
    ) -> UUID:
        """Order a live report and return its id."""
        live = LiveOrder(
            connection_id=self.connection_id,
            filters=filters or FetchFilter(),
            keep_put_aside=keep_put_aside,
            refresh_first=refresh_first,
        )
        wanted = reports.Order(self.client_id, (file_format,), options=ReportOptions(language=language))
        with self.services.database.tenant(self.tenant_id) as session:
            report, _ = sourced_reports.order_live(session, self.tenant_id, wanted, live, trace_id=None)
        return report.id

    def run(self, report_id: UUID, work: Work = fetch_azure_recommendations) -> str | None:
        """Do the newest job of the report and return how it ended."""
        with self.services.database.tenant(self.tenant_id) as session:
            job = reports.newest_job(session, report_id)
        assert job is not None
        return execution.execute(self.services, work, tenant_id=self.tenant_id, job_id=job.id, worker="test")

    def sync(self, job_id: str) -> str | None:
        """Do a job that reads statistics and return how it ended."""
        return execution.execute(
            self.services, sync_azure_statistics, tenant_id=self.tenant_id, job_id=UUID(job_id), worker="test"
        )

    def report(self, report_id: UUID) -> Report:
        """Return the report as it stands."""
        with self.services.database.tenant(self.tenant_id) as session:
            return session.scalars(select(Report).where(Report.id == report_id)).one()

    def snapshot(self, report_id: UUID) -> Snapshot:
        """Return the report's snapshot."""
        with self.services.database.tenant(self.tenant_id) as session:
            return session.scalars(select(Snapshot).join(Report, Report.snapshot_id == Snapshot.id)
                                   .where(Report.id == report_id)).one()  # fmt: skip

    def snapshots(self) -> int:
        """Return how many snapshots the tenant has."""
        with self.services.database.tenant(self.tenant_id) as session:
            return session.scalar(select(func.count()).select_from(Snapshot)) or 0

    def jobs(self, report_id: UUID) -> list[tuple[str, str]]:
        """Return kind and state of the report's jobs."""
        with self.services.database.tenant(self.tenant_id) as session:
            found = session.scalars(select(Job).where(Job.report_id == report_id).order_by(Job.id))
            return [(job.kind, job.state) for job in found]

    def connection(self) -> AzureConnection:
        """Return the connection as it stands."""
        with self.services.database.tenant(self.tenant_id) as session:
            return session.scalars(select(AzureConnection).where(AzureConnection.id == self.connection_id)).one()


@pytest.fixture
def tenancy(services: Services, tenant: UUID) -> Tenancy:
    """A client and a connection by managed identity."""
    client_id, connection_id = new_id(), new_id()
    with services.database.tenant(tenant) as session:
        session.add(Client(id=client_id, tenant_id=tenant, name="Contoso"))
        session.flush()
        session.add(
            AzureConnection(id=connection_id, tenant_id=tenant, name="Azure", kind=ConnectionKind.MANAGED_IDENTITY.value)
        )
    return Tenancy(services, tenant, client_id, connection_id)
