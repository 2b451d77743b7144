"""Each kind of connection signs in through Entra's own protocol, and says in a sentence why it could not."""

import time
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import jwt
import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import load_pem_x509_certificate

from shared.azure import errors
from shared.connections import credentials
from shared.connections.credentials import credential_of
from shared.connections.secret_store import secret_name, store_of
from shared.database.tables import AzureConnection
from shared.database.tables.azure_connection import ConnectionKind
from shared.identifiers import new_id
from shared.services import Services
from shared.vault import SecretMissingError, VaultUnavailableError
from tests.integration.connections.conftest import MakeConnection
from tests.simulators.cloud import Cloud
from tests.simulators.entra import FEDERATED_AUDIENCE

ARM = "https://management.azure.com/.default"
SECRET = "Q~correct-horse-battery-staple-0123456789"


def keep(services: Services, connection: AzureConnection, value: str) -> AzureConnection:
    """Put what the connection signs in with into the vault."""
    name = secret_name(connection.tenant_id, connection.id)
    connection.secret_name = name
    connection.secret_version = store_of(services).put(
        connection.tenant_id, name, value, expires_at=datetime.now(UTC) + timedelta(days=1), content_type="text/plain"
    )
    return connection


@pytest.fixture
def by_secret(services: Services, cloud: Cloud, make_connection: MakeConnection) -> AzureConnection:
    cloud.entra.secret = SECRET
    return keep(services, make_connection(ConnectionKind.SECRET), SECRET)


def test_a_secret_signs_in_and_its_token_is_kept(services: Services, cloud: Cloud, by_secret: AzureConnection) -> None:
    token = credential_of(services, by_secret).get_token(ARM)
    assert credential_of(services, by_secret).get_token(ARM).token == token.token
    assert cloud.entra.grants == 1
    assert cloud.vault.values() == [SECRET]


def test_a_new_version_signs_in_anew(services: Services, cloud: Cloud, by_secret: AzureConnection) -> None:
    before = credential_of(services, by_secret)
    cloud.entra.secret = "another"
    keep(services, by_secret, "another")
    assert credential_of(services, by_secret) is not before
    credential_of(services, by_secret).get_token(ARM)


def test_what_one_tenant_signed_in_with_serves_no_other(services: Services, by_secret: AzureConnection) -> None:
    mine = credential_of(services, by_secret)
    by_secret.tenant_id = new_id()
    by_secret.secret_name = secret_name(by_secret.tenant_id, by_secret.id)
    with pytest.raises(SecretMissingError):
        credential_of(services, by_secret)
    assert mine in credentials._kept.values()


def test_a_process_keeps_few_credentials(
    services: Services, make_connection: MakeConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "_MOST_KEPT", 3)
    made = [make_connection(ConnectionKind.WORKLOAD_IDENTITY) for _ in range(5)]
    first = credential_of(services, made[0])
    for connection in made[1:]:
        credential_of(services, connection)
    assert len(credentials._kept) == 3
    assert credential_of(services, made[0]) is not first


def test_a_certificate_signs_in_and_another_does_not(
    services: Services, cloud: Cloud, make_connection: MakeConnection
) -> None:
    certificate = trustme.CA().issue_cert("app.example.com", key_type=trustme.KeyType.RSA)
    public = load_pem_x509_certificate(certificate.cert_chain_pems[0].bytes()).public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    cloud.entra.certificate_key = public
    pem = certificate.private_key_and_cert_chain_pem.bytes().decode()
    credential_of(services, keep(services, make_connection(ConnectionKind.CERTIFICATE), pem)).get_token(ARM)

    cloud.entra.certificate_key = rsa.generate_private_key(65537, 2048).public_key()
    refused = _refusal(services, keep(services, make_connection(ConnectionKind.CERTIFICATE), pem))
    assert refused.reason == "certificate_not_registered"


def test_an_application_that_trusts_this_installation_needs_no_secret(
    services: Services, cloud: Cloud, make_connection: MakeConnection
) -> None:
    connection = make_connection(ConnectionKind.WORKLOAD_IDENTITY)
    assert _refusal(services, connection).reason == "federated_credential_mismatch"
    cloud.entra.trusts_issuer = True
    credential_of(services, connection).get_token(ARM)
    assert cloud.issuer.issued["api://AzureADTokenExchange"] == 1


def test_a_federated_token_file_proves_it_as_well(
    services: Services, cloud: Cloud, make_connection: MakeConnection, tmp_path: Path
) -> None:
    key = rsa.generate_private_key(65537, 2048)
    cloud.entra.federated_key = key.public_key()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    claims = {"aud": FEDERATED_AUDIENCE, "sub": cloud.entra.federated_subject, "exp": int(time.time()) + 600}
    file = tmp_path / "token"
    of_file = Services(services.settings.model_copy(update={"azure_federated_token_file": file}))
    connection = make_connection(ConnectionKind.WORKLOAD_IDENTITY)
    with pytest.raises(errors.AzureServiceError, match="file with the federated token"):
        credential_of(of_file, connection).get_token(ARM)
    file.write_text(jwt.encode(claims, private, algorithm="RS256"))
    credential_of(of_file, connection).get_token(ARM)


def test_the_managed_identity_signs_in_as_the_installation(
    services: Services, cloud: Cloud, make_connection: MakeConnection
) -> None:
    connection = make_connection(ConnectionKind.MANAGED_IDENTITY, application_id=None)
    credential_of(services, connection).get_token(ARM)
    assert cloud.issuer.issued["https://management.azure.com"] == 1


def test_a_wrong_secret_is_told_and_not_repeated(services: Services, cloud: Cloud, by_secret: AzureConnection) -> None:
    cloud.entra.secret = "another"
    refused = _refusal(services, by_secret)
    assert refused.reason == "secret_wrong"
    assert "AADSTS7000215" in refused.message
    assert not refused.retryable
    assert SECRET not in f"{refused.message}{refused.next_step}{refused.__cause__!r}"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"directory_id": new_id()}, "directory_not_found"),
        ({"application_id": new_id()}, "application_not_found"),
    ],
)
def test_a_wrong_id_is_told(
    services: Services, cloud: Cloud, make_connection: MakeConnection, fields: dict[str, Any], reason: str
) -> None:
    cloud.entra.secret = SECRET
    connection = keep(services, make_connection(ConnectionKind.SECRET, **fields), SECRET)
    assert _refusal(services, connection).reason == reason


@pytest.mark.parametrize("status", [HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS])
def test_an_entra_that_is_ill_is_tried_again(
    services: Services, cloud: Cloud, make_connection: MakeConnection, by_secret: AzureConnection, status: HTTPStatus
) -> None:
    cloud.entra.fault = (status, {"Retry-After": "0"})
    kind = errors.AzureThrottledError if status == 429 else errors.AzureServiceError
    for connection in (by_secret, make_connection(ConnectionKind.WORKLOAD_IDENTITY)):
        with pytest.raises(kind) as caught:
            credential_of(services, connection).get_token(ARM)
        assert caught.value.retryable


def test_an_entra_that_is_away_is_tried_again(services: Services, cloud: Cloud, by_secret: AzureConnection) -> None:
    cloud.entra.stop()
    with pytest.raises(errors.AzureNetworkError) as caught:
        credential_of(services, by_secret).get_token(ARM)
    assert caught.value.retryable


def test_a_vault_that_is_away_is_told(services: Services, cloud: Cloud, by_secret: AzureConnection) -> None:
    cloud.vault.fault = HTTPStatus.SERVICE_UNAVAILABLE
    with pytest.raises(VaultUnavailableError):
        credential_of(services, by_secret)


def _refusal(services: Services, connection: AzureConnection) -> errors.AzureAuthenticationError:
    with pytest.raises(errors.AzureAuthenticationError) as caught:
        credential_of(services, connection).get_token(ARM)
    return caught.value
