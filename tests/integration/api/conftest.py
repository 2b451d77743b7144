"""The API as callers meet it: through the edge, over real servers."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from httpx import Client

from shared.access import Scope, generate_key
from shared.database.session import Database
from shared.database.tables import ApiKey
from shared.services import Services
from shared.settings import Settings
from tests.integration.api.serving import Served, caller, serving

MakeKey = Callable[..., str]
EXPORT = (
    b"Category,Business Impact,Recommendation,Subscription ID,Subscription Name,Resource Group,Resource Name,Type,"
    b"Updated Date\n"
    b"Security,High,Enable MFA,11111111-1111-4111-8111-111111111111,Production,rg-web,vm-1,Virtual machine,11/22/2026\n"
)


@pytest.fixture(scope="module")
def services(settings: Settings) -> Iterator[Services]:
    """What the API works with."""
    services = Services(settings)
    yield services
    services.close()


@pytest.fixture(scope="module")
def served(services: Services) -> Iterator[Served]:
    """The API behind its edge."""
    with serving(services) as served:
        yield served


@pytest.fixture
def make_key(system_database: Database) -> MakeKey:
    """Makes keys of any tenant; without scopes named: all."""

    def make(tenant_id: UUID, *scopes: Scope, **columns: object) -> str:
        key = generate_key()
        with system_database.across_tenants() as session:
            session.add(
                ApiKey(
                    tenant_id=tenant_id,
                    name="Test",
                    prefix=key.prefix,
                    key_hash=key.key_hash,
                    scopes=list(scopes or Scope),
                    **columns,
                )
            )
        return key.secret

    return make


@pytest.fixture
def api(served: Served, tenant: UUID, make_key: MakeKey) -> Client:
    """The API for a caller who may do everything in the test's tenant."""
    return caller(served, make_key(tenant))


@pytest.fixture
def stranger(served: Served, other_tenant: UUID, make_key: MakeKey) -> Client:
    """The API for a caller who may do everything in another tenant."""
    return caller(served, make_key(other_tenant))


@pytest.fixture
def anonymous(served: Served) -> Client:
    """The API for a caller without a key."""
    return caller(served)


@pytest.fixture
def client_id(api: Client) -> str:
    """A client of the test's tenant."""
    answer = api.post("/api/v1/clients", json={"name": "Contoso"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])
