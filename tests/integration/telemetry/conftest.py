"""A tenant's key, a collector, and what processes of the test see: a database and a broker for them alone."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from infra.local.valkey import Valkey
from shared.access import Scope, generate_key
from shared.database.session import Database
from shared.database.tables import ApiKey
from tests.integration.telemetry.processes import clean_environment
from tests.shares import share_fixtures
from tests.simulators.otlp_collector import OtlpCollector

# What is counted, traced and searched is what the test itself did.
product_environment, settings, database, system_database, owner = share_fixtures("function")


@pytest.fixture
def key(system_database: Database, tenant: UUID) -> str:
    """An API key of the test's tenant that may do everything."""
    new = generate_key()
    with system_database.across_tenants() as session:
        session.add(
            ApiKey(tenant_id=tenant, name="Test", prefix=new.prefix, key_hash=new.key_hash, scopes=[str(s) for s in Scope])
        )
    return new.secret


@pytest.fixture
def collector() -> Iterator[OtlpCollector]:
    """A collector of OpenTelemetry."""
    with OtlpCollector() as running:
        yield running


@pytest.fixture
def own_environment(environment: dict[str, str], own_broker: Valkey) -> dict[str, str]:
    """The environment of processes that share nothing but the servers with other tests."""
    return {**clean_environment(environment), "BROKER_URL": own_broker.url()}


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    """A folder for what processes print."""
    folder = tmp_path / "outputs"
    folder.mkdir()
    return folder
