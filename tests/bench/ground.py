"""The ground that measurements stand on: real servers with nothing traded for speed, one tenant, one client."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psutil
import psycopg

from infra.local import places
from infra.local.postgres import Passwords
from infra.local.processes import ProcessGroup
from infra.local.servers import Servers, settings_of
from shared.database.tables import Client, Tenant
from shared.identifiers import new_id
from shared.services import Services

DATABASE = "advisor_bench"
CONTAINER = "advisor-bench"


@dataclass(frozen=True)
class Ground:
    """Running servers, an empty migrated database, and the services by which a process of the product reaches them."""

    folder: Path
    servers: Servers
    environment: dict[str, str]
    services: Services
    tenant_id: UUID
    client_id: UUID

    def superuser(self) -> psycopg.Connection:
        """Return a connection that may arrange what the product may not."""
        return self.servers.postgres.connect(DATABASE)

    def database_cpu_s(self) -> float:
        """Return the processor time, in seconds, that PostgreSQL with all its processes took since it started."""
        child = self.servers.postgres.child
        assert child is not None
        server = psutil.Process(child.pid)
        # User and system, of itself and of its processes that ended by now.
        ended = float(sum(server.cpu_times()[:4]))
        return ended + sum(sum(process.cpu_times()[:2]) for process in server.children(recursive=True))

    def settle(self) -> None:
        """Let the server write out what earlier rounds left, so that no round pays for another."""
        with self.superuser() as connection:
            connection.execute("checkpoint")

    def forget_imports(self) -> None:
        """Empty the tables of snapshots, reports and jobs, so that every round finds the same indexes."""
        with self.superuser() as connection:
            connection.execute("truncate snapshot, report, upload, job cascade")
        self.settle()


@contextmanager
def prepared() -> Iterator[Ground]:
    """Start PostgreSQL (fsync and full page writes on), Valkey and Azurite; stop and remove them at the end."""
    with places.scratch_folder("bench") as folder:
        servers = Servers(ProcessGroup(), folder, postgres_folder=folder / "postgres", passwords=Passwords(), durable=True)
        servers.start()
        try:
            servers.create_database(DATABASE)
            servers.create_container(CONTAINER)
            environment = servers.environment(DATABASE, profile="testing", container=CONTAINER)
            # azure-identity reads two of them from the environment of the very process.
            os.environ.update(servers.identity.environment)
            services = Services(settings_of(environment))
            try:
                tenant_id, client_id = _owner_of_rows(services)
                yield Ground(folder, servers, environment, services, tenant_id, client_id)
            finally:
                services.close()
        finally:
            servers.stop()


def _owner_of_rows(services: Services) -> tuple[UUID, UUID]:
    tenant_id, client_id = new_id(), new_id()
    with services.system_database.across_tenants() as session:
        session.add(Tenant(id=tenant_id, name="Contoso"))
    with services.database.tenant(tenant_id) as session:
        session.add(Client(id=client_id, tenant_id=tenant_id, name="Contoso"))
    return tenant_id, client_id
