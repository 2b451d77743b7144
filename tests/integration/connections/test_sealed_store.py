"""Without a vault secrets lie sealed in PostgreSQL: they open in their place only, and keys can be changed."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet
from pydantic import SecretStr

from shared import settings as process_settings
from shared.connections.sealed_store import SealBrokenError, SealedStore
from shared.connections.secret_store import SecretStoreMissingError, secret_name, store_of
from shared.errors import SettingsError
from shared.identifiers import new_id
from shared.services import Services
from shared.settings import Settings
from shared.vault import SecretMissingError
from worker.cli import main

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
SECRET = "Q~correct-horse-battery-staple-0123456789"


@pytest.fixture
def local(settings: Settings) -> Iterator[Services]:
    """The services of an installation that seals secrets with the old key."""
    made = Services(settings.model_copy(update={"sealed_store_keys": SecretStr(OLD)}))
    yield made
    made.close()


@pytest.fixture
def name(tenant: UUID) -> str:
    return secret_name(tenant, new_id())


def put(services: Services, tenant: UUID, name: str, value: str = SECRET) -> str:
    return store_of(services).put(tenant, name, value, expires_at=None, content_type="text/plain")


def test_a_secret_is_sealed_and_opens_again(local: Services, tenant: UUID, name: str, superuser: psycopg.Connection) -> None:
    version = put(local, tenant, name)
    assert store_of(local).get(tenant, name, version) == SECRET
    row = superuser.execute("select sealed from sealed_secret where name = %s", [name]).fetchone()
    assert row is not None
    assert SECRET.encode() not in row[0]


def test_a_row_that_was_moved_does_not_open(
    local: Services, tenant: UUID, other_tenant: UUID, name: str, superuser: psycopg.Connection
) -> None:
    first, second = put(local, tenant, name), put(local, tenant, name, "another")
    store = store_of(local)
    with pytest.raises(SecretMissingError):
        store.get(other_tenant, name, first)
    superuser.execute("update sealed_secret set tenant_id = %s where version = %s", [other_tenant, first])
    with pytest.raises(SealBrokenError):
        store.get(other_tenant, name, first)
    elsewhere = secret_name(tenant, new_id())
    superuser.execute("update sealed_secret set name = %s where version = %s", [elsewhere, second])
    with pytest.raises(SealBrokenError):
        store.get(tenant, elsewhere, second)


def test_only_the_version_in_use_is_kept(local: Services, tenant: UUID, name: str) -> None:
    first, second, third = (put(local, tenant, name, value) for value in ("1", "2", "3"))
    store = store_of(local)
    assert not store.keep_only(tenant, name, second, young_s=600), "somebody may be about to use the third"
    assert store.get(tenant, name, third) == "3"
    assert store.keep_only(tenant, name, second, young_s=0)
    assert store.get(tenant, name, second) == "2"
    for gone in (first, third):
        with pytest.raises(SecretMissingError):
            store.get(tenant, name, gone)
    assert store.purge(tenant, name)
    with pytest.raises(SecretMissingError):
        store.get(tenant, name, second)


def test_keys_are_changed_by_command_and_as_often_as_one_likes(  # noqa: PLR0917
    local: Services,
    product_environment: dict[str, str],
    tenant: UUID,
    name: str,
    superuser: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    superuser.execute("delete from sealed_secret")
    version = put(local, tenant, name)
    both = f"{NEW},{OLD}"
    assert SealedStore(local.database, both).get(tenant, name, version) == SECRET
    rotated = [_rotate(product_environment | {"SEALED_STORE_KEYS": both}, monkeypatch) for _ in range(2)]
    assert [(one.exit_code, one.output) for one in rotated] == [
        (0, "Sealed 1 with the first key; 0 were already.\n"),
        (0, "Sealed 0 with the first key; 1 were already.\n"),
    ]
    assert SealedStore(local.database, NEW).get(tenant, name, version) == SECRET
    with pytest.raises(SealBrokenError):
        store_of(local).get(tenant, name, version)
    failed = _rotate(product_environment | {"SEALED_STORE_KEYS": OLD}, monkeypatch)
    assert failed.exit_code == 1
    assert "does not open with any of the keys" in failed.output
    assert "SEALED_STORE_KEYS" in failed.output


def test_a_new_key_is_one_that_settings_take(monkeypatch: pytest.MonkeyPatch, product_environment: dict[str, str]) -> None:
    key = CliRunner().invoke(main, ["secrets", "new-key"]).output.strip()
    for value, accepted in ((key, True), (f"{key},{OLD}", True), ("hunter2", False), (f"{key};{OLD}", False)):
        for variable, given in (product_environment | {"SEALED_STORE_KEYS": value}).items():
            monkeypatch.setenv(variable, given)
        if accepted:
            process_settings.load()
            continue
        with pytest.raises(SettingsError, match="must be Fernet keys") as refused:
            process_settings.load()
        assert value not in refused.value.message


def test_an_installation_without_a_place_says_so(settings: Settings) -> None:
    nowhere = Services(settings.model_copy(update={"sealed_store_keys": None}))
    with pytest.raises(SecretStoreMissingError) as told:
        store_of(nowhere)
    assert "SEALED_STORE_KEYS" in told.value.next_step


def _rotate(environment: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Result:
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    process_settings.get.cache_clear()
    try:
        return CliRunner().invoke(main, ["secrets", "rotate"])
    finally:
        process_settings.get.cache_clear()
