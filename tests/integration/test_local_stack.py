"""The servers of the local stack, and that nothing of them stays behind."""

import datetime as dt
import ssl
from uuid import UUID, uuid4

import httpx
import pytest
import redis
from azure.identity import ManagedIdentityCredential
from azure.storage.blob import BlobSasPermissions, BlobServiceClient, generate_blob_sas
from sqlalchemy import Engine, select, text

from infra.local.valkey import Valkey
from shared.database.session import Database
from shared.database.tables import Tenant
from shared.settings import Settings


def test_application_login_is_bound_by_row_level_security(database: Database) -> None:
    assert database.verify_role()["user"] == "advisor_service"


def test_tenant_sees_itself_only(database: Database, tenant: UUID, other_tenant: UUID) -> None:
    with database.tenant(tenant) as session:
        assert list(session.scalars(select(Tenant.id))) == [tenant]
    assert other_tenant != tenant


def test_owner_owns_the_schema_and_is_no_superuser(owner: Engine) -> None:
    with owner.connect() as connection:
        assert connection.execute(text("select rolsuper from pg_roles where rolname = current_user")).scalar() is False
        assert (
            connection.execute(text("select tableowner from pg_tables where tablename = 'job'")).scalar() == "advisor_owner"
        )


def test_blob_storage_takes_a_managed_identity_and_signs_links(
    settings: Settings, product_environment: dict[str, str]
) -> None:
    with ManagedIdentityCredential() as credential, _storage(settings, credential) as storage:
        name = f"try-{uuid4()}"
        container = storage.create_container(name)
        container.upload_blob("a.txt", b"hello")
        start = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)
        end = start + dt.timedelta(minutes=5)
        signature = generate_blob_sas(
            storage.account_name or "",
            name,
            "a.txt",
            user_delegation_key=storage.get_user_delegation_key(start, end),
            permission=BlobSasPermissions(read=True),
            start=start,
            expiry=end,
            content_disposition='attachment; filename="b.txt"',
        )
        link = f"{settings.storage_account_url}/{name}/a.txt?{signature}"
        answer = httpx.get(link, verify=_trust(settings))
        container.delete_container()
    assert (answer.status_code, answer.text) == (200, "hello")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="b.txt"'


def test_identity_endpoint_refuses_who_lacks_its_header(product_environment: dict[str, str]) -> None:
    query = {"resource": "https://storage.azure.com", "api-version": "2019-08-01"}
    answer = httpx.get(product_environment["IDENTITY_ENDPOINT"], params=query, headers={"X-IDENTITY-HEADER": "guess"})
    assert answer.status_code == 401


def test_blob_storage_refuses_a_token_for_something_else(settings: Settings, product_environment: dict[str, str]) -> None:
    query = {"resource": "https://redis.azure.com", "api-version": "2019-08-01"}
    headers = {"X-IDENTITY-HEADER": product_environment["IDENTITY_HEADER"]}
    token = httpx.get(product_environment["IDENTITY_ENDPOINT"], params=query, headers=headers).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "x-ms-version": "2025-01-05"}
    answer = httpx.get(f"{settings.storage_account_url}?comp=list", headers=headers, verify=_trust(settings))
    assert answer.status_code == 403


def test_broker_refuses_who_lacks_the_password(settings: Settings) -> None:
    address = settings.broker_url.get_secret_value()
    with redis.Redis.from_url(address) as known:
        assert known.ping()
    with redis.Redis.from_url(f"redis://{address.rpartition('@')[2]}") as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_a_broker_comes_back_at_the_same_address(own_broker: Valkey) -> None:
    with redis.Redis.from_url(own_broker.url()) as client:
        own_broker.kill()
        with pytest.raises(redis.ConnectionError):
            client.ping()
        own_broker.start()
        assert client.ping()


def _storage(settings: Settings, credential: ManagedIdentityCredential) -> BlobServiceClient:
    return BlobServiceClient(
        settings.storage_account_url, credential=credential, connection_verify=str(settings.storage_ca_file)
    )


def _trust(settings: Settings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=settings.storage_ca_file)
