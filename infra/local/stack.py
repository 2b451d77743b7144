"""The whole product on one machine: servers, schema, workers, HTTP front."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.local import first_key, places, ports, product
from infra.local.first_key import FirstKey
from infra.local.log import InterleavedLog
from infra.local.mail_sink import MailSink
from infra.local.postgres import Passwords
from infra.local.processes import Child, ProcessGroup
from infra.local.servers import PreferredPorts, Servers
from infra.local.simulated_azure import SimulatedAzure

DATABASE = "advisor"
CONTAINER = "advisor-reports"
# What people expect: the Functions host's own port, PostgreSQL's and Redis's with a digit before, Azurite's.
USUAL_PORTS = PreferredPorts(postgres=15432, valkey=16379, azurite=10000)
USUAL_API_PORT = 7071


@dataclass
class Stack:
    """A running stack."""

    servers: Servers
    product: product.Product
    api_port: int
    environment: dict[str, str]
    first_key: FirstKey | None
    mail: MailSink
    azure: SimulatedAzure | None = None

    @property
    def api(self) -> str:
        """The address of the HTTP front."""
        return f"http://{ports.HOST}:{self.api_port}"

    def watch(self, stop: threading.Event) -> None:
        """Keep the stack alive until ``stop`` is set (see :meth:`Product.watch`)."""
        servers = (self.servers.postgres.child, self.servers.valkey.child, self.servers.azurite.child)
        self.product.watch(stop, [child for child in servers if isinstance(child, Child)])


@contextlib.contextmanager
def running(
    folder: Path,
    *,
    postgres_folder: Path,
    passwords: Passwords,
    log: InterleavedLog,
    preferred: PreferredPorts | None = None,
    preferred_api_port: int | None = None,
    azure_subscriptions: int = 0,
) -> Iterator[Stack]:
    """Run a stack whose files live in ``folder`` for as long as the block lasts; stop all of it at the end, always.

    With ``azure_subscriptions`` an Azure with so many is simulated, which the stack's identity may read.
    """
    group = ProcessGroup(log.line)
    servers = Servers(group, folder, postgres_folder=postgres_folder, passwords=passwords, preferred=preferred)
    azure: SimulatedAzure | None = None
    mail = MailSink(folder / "mail")
    try:
        servers.start()
        mail.start()
        azure = SimulatedAzure(servers.identity, azure_subscriptions) if azure_subscriptions else None
        environment = servers.environment(DATABASE, container=CONTAINER) | (azure.start(folder) if azure else {})
        api_port = ports.choose(preferred_api_port)
        environment |= mail.environment | {"PUBLIC_URL": f"http://{ports.HOST}:{api_port}"}
        processes = product.Product(group, environment, log)
        servers.create_database(DATABASE)
        programs = [product.front(api_port), product.interactive_worker(), product.reports_worker()]
        group.together(lambda: servers.create_container(CONTAINER), lambda: processes.start(programs))
        # Last, for it can be shown only once: a start that fails must not have made it.
        key = first_key.make_if_new(servers.settings(DATABASE))
        yield Stack(servers, processes, api_port, environment, key, mail, azure)
    finally:
        if azure is not None:
            azure.stop()
        servers.stop()
        mail.stop()


def lasting_postgres_folder(data: Path) -> Path:
    """Return where PostgreSQL keeps what lives in ``data``: below it, or elsewhere if PostgreSQL could not get there."""
    usual = data / "postgres"
    if places.unprivileged_user() is None or places.reachable(usual):
        return usual
    return places.substitute_folder(data) / "postgres"
