"""Secrets of connections: into the vault, replaced, out of use, purged; a vault that is away loses none."""

from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

import httpx
import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import load_pem_x509_certificate
from sqlalchemy import text

from shared.connections import upkeep
from shared.database.session import Database
from shared.services import Services
from tests.integration.connections.asking import PATH, SECRET, after_test, made
from tests.shares import share_fixtures
from tests.simulators.cloud import Cloud

# Upkeep looks after the secrets of all tenants, a few at a time: nothing of other tests may be in its way.
product_environment, settings, database, system_database, owner = share_fixtures("function")


def test_a_new_secret_is_a_new_version_and_the_old_one_goes_out_of_use(
    api: httpx.Client, services: Services, cloud: Cloud, by_secret: dict[str, Any], tenant: UUID
) -> None:
    connection = made(api, by_secret)
    ((first,),) = cloud.vault.secrets.values()
    # Of versions of one second the vault does not tell which came later.
    first.created -= 2
    after_test(api, services, tenant, connection["id"])
    path = f"{PATH}/{connection['id']}"
    assert api.patch(path, json={"secret": "n" * 40}).status_code == 428
    stale = api.patch(path, json={"secret": "n" * 40}, headers={"If-Match": '"7"'})
    assert (stale.status_code, cloud.vault.values()) == (412, [SECRET])
    cloud.entra.secret = "n" * 40
    changed = api.patch(path, json={"secret": "n" * 40}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["status"], changed.json()["version"]) == (200, "untested", 2)
    assert changed.json()["subscriptions_visible"] == 5, "it still is the same application"
    assert after_test(api, services, tenant, connection["id"])["result"]["success"] is True
    upkeep.tidy(services)
    ((_, second),) = cloud.vault.secrets.values()
    assert (first.enabled, second.enabled, second.value) == (False, True, "n" * 40)


def test_a_certificate_is_checked_and_its_end_and_thumbprint_are_shown(
    api: httpx.Client, services: Services, cloud: Cloud, by_secret: dict[str, Any], tenant: UUID
) -> None:
    certificate = trustme.CA().issue_cert("app.example.com", key_type=trustme.KeyType.RSA)
    own = load_pem_x509_certificate(certificate.cert_chain_pems[0].bytes())
    public = own.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    cloud.entra.certificate_key = public
    pem = certificate.private_key_and_cert_chain_pem.bytes().decode()
    body = {name: by_secret[name] for name in ("name", "directory_id", "application_id")}
    body |= {"kind": "service_principal_certificate"}
    refused = api.post(PATH, json={**body, "certificate": certificate.cert_chain_pems[0].bytes().decode()})
    assert (refused.status_code, refused.json()["code"]) == (400, "certificate_invalid")
    answer = api.post(PATH, json={**body, "certificate": pem})
    assert answer.status_code == 201, answer.text
    assert "PRIVATE KEY" not in answer.text
    connection = answer.json()
    assert datetime.fromisoformat(connection["secret_expires_at"]) == own.not_valid_after_utc
    assert len(connection["certificate_thumbprint"]) == 40
    assert after_test(api, services, tenant, connection["id"])["result"]["success"] is True


def test_deleting_purges_the_secret_as_soon_as_the_vault_answers(
    api: httpx.Client, services: Services, cloud: Cloud, by_secret: dict[str, Any], superuser: Any
) -> None:
    connection = made(api, by_secret)
    cloud.vault.fault = HTTPStatus.SERVICE_UNAVAILABLE
    assert api.delete(f"{PATH}/{connection['id']}").status_code == 204
    assert api.get(f"{PATH}/{connection['id']}").status_code == 404
    assert api.delete(f"{PATH}/{connection['id']}").status_code == 404
    _make_due(superuser)
    assert upkeep.tidy(services) == "tidied 0, 1 wait"
    cloud.vault.fault = None
    cloud.vault.deleting_takes = 1
    _make_due(superuser)
    upkeep.tidy(services)
    _make_due(superuser)
    upkeep.tidy(services)
    assert (cloud.vault.values(), len(cloud.vault.purged)) == ([], 1)
    _make_due(superuser)
    assert upkeep.tidy(services) == "tidied 0"
    assert made(api, by_secret)["id"] != connection["id"], "the name is free again"


def test_a_client_s_connections_go_with_it(
    api: httpx.Client, services: Services, cloud: Cloud, by_secret: dict[str, Any]
) -> None:
    client = api.post("/api/v1/clients", json={"name": "Contoso"}).json()
    connection = made(api, {**by_secret, "client_id": client["id"]})
    assert api.delete(f"/api/v1/clients/{client['id']}").status_code == 204
    assert api.get(f"{PATH}/{connection['id']}").status_code == 404
    upkeep.tidy(services)
    assert cloud.vault.values() == []


def test_a_secret_whose_connection_was_never_written_is_removed(
    api: httpx.Client, services: Services, cloud: Cloud, by_secret: dict[str, Any], superuser: Any
) -> None:
    superuser.execute("alter table azure_connection rename to azure_connection_away")
    try:
        assert api.post(PATH, json=by_secret).status_code == 500
    finally:
        superuser.execute("alter table azure_connection_away rename to azure_connection")
    assert not cloud.vault.values(), "the first look at the table came before the vault"
    # The process dies between vault and row: the note is all there is.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shared.connections.connections.create", _die)
        assert api.post(PATH, json=by_secret).status_code == 500
    assert cloud.vault.values() == [SECRET]
    upkeep.tidy(services)
    assert cloud.vault.values() == [SECRET], "somebody may be about to write the row"
    _make_due(superuser)
    upkeep.tidy(services)
    assert cloud.vault.values() == []


def test_purge_protection_is_not_fought(
    api: httpx.Client, services: Services, cloud: Cloud, by_secret: dict[str, Any], system_database: Database
) -> None:
    connection = made(api, by_secret)
    cloud.vault.purge_protection = True
    api.delete(f"{PATH}/{connection['id']}")
    upkeep.tidy(services)
    assert list(cloud.vault.deleted), "the vault ends it by its own retention"
    with system_database.across_tenants() as session:
        left = session.scalar(
            text("select count(*) from secret_upkeep where connection_id = :id"), {"id": UUID(connection["id"])}
        )
    assert left == 0


def test_a_vault_that_is_away_makes_no_connection(api: httpx.Client, cloud: Cloud, by_secret: dict[str, Any]) -> None:
    cloud.vault.fault = HTTPStatus.SERVICE_UNAVAILABLE
    answer = api.post(PATH, json=by_secret)
    assert (answer.status_code, answer.json()["code"]) == (503, "vault_unavailable")
    assert SECRET not in answer.text
    assert api.get(PATH).json()["items"] == []


def _make_due(superuser: Any) -> None:
    superuser.execute("update secret_upkeep set due_at = now()")


def _die(*_: Any, **__: Any) -> None:
    raise RuntimeError("the process dies here")
