"""The part of Azure that an identity sees: tokens, and a database and a broker that let in nobody without one."""

import secrets
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import redis
import trustme
from psycopg import sql

from infra.local.postgres import OWNER
from infra.local.valkey import Valkey
from tests.simulators import enforcement
from tests.simulators.enforcement import PostgresqlEnforcement, RedisEnforcement
from tests.simulators.managed_identity import ManagedIdentityEndpoint
from tests.simulators.tls import TlsGateway
from tests.simulators.tokens import TokenIssuer


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server and its superuser."""

    host: str
    port: int
    password: str

    def connect(self) -> psycopg.Connection:
        """Return a connection of the superuser, each statement its own transaction."""
        return psycopg.connect(
            host=self.host, port=self.port, dbname="postgres", user="postgres", password=self.password, autocommit=True
        )


@dataclass
class Azure:
    """One identity with its roles at ``server`` and its user at ``valkey``, both behind TLS.

    Passwords of roles hold for a whole server: each identity has roles of its own, so that tests may run side by side.
    """

    server: Server
    valkey: Valkey
    folder: Path
    lifetime_s: int = 3600
    ca: trustme.CA = field(default_factory=trustme.CA)

    def __post_init__(self) -> None:
        """Name the roles; nothing is started yet."""
        mark = secrets.token_hex(6)
        self.app, self.system, self.owner = (f"identity_{mark}_{kind}" for kind in ("app", "system", "owner"))
        self.issuer = TokenIssuer(lifetime_s=self.lifetime_s, name=self.app)
        self.endpoint = ManagedIdentityEndpoint(self.issuer)
        self.database_gateway = TlsGateway(self.ca, self.server.port, postgresql=True)
        self.broker_gateway = TlsGateway(self.ca, self.valkey.port)

    def start(self) -> None:
        """Create the roles, let the servers enforce tokens, and listen."""
        with self.server.connect() as connection:
            for role, group in ((self.app, "advisor_app"), (self.system, "advisor_system"), (self.owner, OWNER)):
                name = sql.Identifier(role)
                connection.execute(sql.SQL("create role {} login in role {}").format(name, sql.Identifier(group)))
            # What a migration makes belongs to the owner, whichever identity runs it.
            connection.execute(
                sql.SQL("alter role {} set role = {}").format(sql.Identifier(self.owner), sql.Identifier(OWNER))
            )
        administrator = redis.Redis(port=self.valkey.port, password=self.valkey.password)
        self.database = PostgresqlEnforcement(self.server.connect, (self.app, self.system, self.owner))
        self.broker = RedisEnforcement(administrator, self.issuer.object_id, self.broker_gateway)
        self.issuer.on_issue += [self.database, self.broker]
        self.database_gateway.start()
        self.broker_gateway.start()
        self.endpoint.start()
        self.ca_file = self.folder / "authority.pem"
        self.ca.cert_pem.write_to_path(self.ca_file)

    def stop(self) -> None:
        """Stop listening and remove the roles."""
        self.endpoint.stop()
        self.broker.close()
        self.database_gateway.stop()
        self.broker_gateway.stop()
        self.database.end_sessions()
        self.database.close()
        with self.server.connect() as connection:
            for role in (self.app, self.system, self.owner):
                connection.execute(sql.SQL("drop role {}").format(sql.Identifier(role)))

    def roll_over(self) -> None:
        """Issue new tokens and end all sessions of the database, as a fail-over does."""
        for resource in (enforcement.POSTGRESQL, enforcement.REDIS):
            self.issuer.renew(resource)
        self.database.end_sessions()

    def environment(self, database: str) -> dict[str, str]:
        """Return the variables by which a process of the product signs in here; no password is among them."""
        return {
            "DATABASE_URL": f"postgresql://{self.app}@localhost:{self.database_gateway.port}/{database}",
            "DB_SYSTEM_USER": self.system,
            "DB_OWNER_USER": self.owner,
            "DB_SSLMODE": "verify-full",
            "DB_CA_FILE": str(self.ca_file),
            "BROKER_URL": f"rediss://localhost:{self.broker_gateway.port}/0",
            "BROKER_USER": self.issuer.object_id,
            "BROKER_CA_FILE": str(self.ca_file),
            **self.endpoint.environment,
        }
