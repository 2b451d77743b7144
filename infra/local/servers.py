"""The servers behind the product, started together: database, broker, blob storage, managed identity."""

from dataclasses import dataclass
from pathlib import Path

from infra.local import ports
from infra.local.azurite import Azurite
from infra.local.postgres import OWNER, UPKEEP, Passwords, Postgres
from infra.local.processes import ProcessGroup, ServerFailedError
from infra.local.valkey import Valkey
from shared.database import schema
from shared.database.engine import Login, create_engine
from shared.settings import Settings
from tests.simulators.managed_identity import ManagedIdentityEndpoint

_ATTEMPTS = 3


@dataclass(frozen=True)
class PreferredPorts:
    """Where each server listens if nobody else does; ``None``: anywhere."""

    postgres: int | None = None
    valkey: int | None = None
    azurite: int | None = None


class Servers:
    """All servers of one stack. Their files live in ``folder``, PostgreSQL's in ``postgres_folder``."""

    def __init__(
        self,
        group: ProcessGroup,
        folder: Path,
        *,
        postgres_folder: Path,
        passwords: Passwords,
        preferred: PreferredPorts | None = None,
        durable: bool = True,
    ) -> None:
        self.group = group
        self.identity = ManagedIdentityEndpoint()
        self._preferred = preferred or PreferredPorts()
        self.postgres = Postgres(group, postgres_folder, 0, passwords, durable=durable)
        self.valkey = Valkey(group, folder / "valkey", 0)
        self.azurite = Azurite(group, folder / "azurite", 0)

    def start(self) -> None:
        """Start all servers at once and return when each is ready; on failure stop those that came up."""
        self.identity.start()
        try:
            self.group.together(
                lambda: self._start(self.postgres, self._preferred.postgres),
                lambda: self._start(self.valkey, self._preferred.valkey),
                lambda: self._start(self.azurite, self._preferred.azurite),
            )
        except BaseException:
            self.identity.stop()
            self.group.stop()
            raise

    def stop(self) -> None:
        """Stop everything, in the reverse order of starting."""
        self.group.stop()
        self.identity.stop()

    def create_database(self, name: str, *, template: str | None = None) -> None:
        """Create the database ``name`` where it is missing, and bring its schema and logins up to date."""
        self.postgres.create_logins()
        self.postgres.create_database(name, template=template)
        if template is None:
            engine = create_engine(self.settings(name), Login.OWNER, pool_size=1)
            try:
                schema.upgrade(engine)
            finally:
                engine.dispose()
            self.postgres.grant_groups()

    def create_container(self, name: str) -> None:
        """Create the blob container ``name`` where it is missing."""
        self.azurite.create_container(name, self.identity.token("https://storage.azure.com")["access_token"])

    def environment(
        self, database: str, *, profile: str = "development", broker_database: int = 0, container: str = "advisor-reports"
    ) -> dict[str, str]:
        """Return the environment variables by which a process of the product finds these servers."""
        passwords = self.postgres.passwords
        return {
            "APP_ENVIRONMENT": profile,
            "DATABASE_URL": self.postgres.url(database),
            "DB_PASSWORD": passwords.service,
            "DB_SYSTEM_USER": UPKEEP,
            "DB_SYSTEM_PASSWORD": passwords.upkeep,
            "DB_OWNER_USER": OWNER,
            "DB_OWNER_PASSWORD": passwords.owner,
            "SEALED_STORE_KEYS": passwords.seal,
            # The embedded server has no TLS and is reached over loopback only.
            "DB_SSLMODE": "disable",
            "BROKER_URL": self.valkey.url(broker_database),
            "STORAGE_ACCOUNT_URL": self.azurite.url,
            "STORAGE_CONTAINER": container,
            "STORAGE_CA_FILE": str(self.azurite.ca_file),
            # Nobody at a keyboard waits as long for a running job as a container may.
            "WORKER_SOFT_SHUTDOWN_S": "2",
            **self.identity.environment,
        }

    def settings(self, database: str) -> Settings:
        """Return the settings that :meth:`environment` stands for."""
        return settings_of(self.environment(database))

    def _start(self, server: Postgres | Valkey | Azurite, preferred: int | None) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            # Somebody may take the port between the look and the start: the next attempt takes any other.
            server.port = ports.choose(preferred if attempt == 1 else None)
            try:
                return server.start()
            except ServerFailedError as error:
                if attempt == _ATTEMPTS or "in use" not in str(error).lower():
                    raise
        raise AssertionError("unreachable")


def settings_of(environment: dict[str, str]) -> Settings:
    """Return the settings that a process with ``environment`` would read."""
    fields = {name.lower(): value for name, value in environment.items()}
    return Settings(**{name: value for name, value in fields.items() if name in Settings.model_fields})  # type: ignore[arg-type]
