"""Each kind of application credential signs in to the database through Entra's own protocol."""

import time
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import load_pem_x509_certificate
from pydantic import SecretStr
from sqlalchemy import text

from shared.database.engine import Login, create_engine
from shared.identity.token_cache import TokenUnavailableError
from shared.settings import CredentialKind, Settings
from tests.simulators.azure import Azure
from tests.simulators.entra import FEDERATED_AUDIENCE, Entra
from tests.simulators.tokens import DIRECTORY_ID

_SECRET = "correct-horse-battery"


@pytest.fixture
def entra(azure: Azure) -> Iterator[Entra]:
    endpoint = Entra(azure.ca, azure.issuer)
    endpoint.start()
    yield endpoint
    endpoint.stop()


@pytest.fixture
def application(identity_settings: Settings, entra: Entra, azure: Azure) -> Settings:
    """Settings of a process that is this application; how it proves it, a test adds."""
    return identity_settings.model_copy(
        update={
            "azure_credential": CredentialKind.CLIENT_SECRET,
            "azure_tenant_id": DIRECTORY_ID,
            "azure_client_id": entra.client_id,
            "azure_client_secret": SecretStr(_SECRET),
            "azure_authority_host": entra.authority,
            "azure_authority_ca_file": azure.ca_file,
        }
    )


def _sign_in(settings: Settings) -> str:
    engine = create_engine(settings, Login.APP, pool_size=1)
    try:
        with engine.connect() as connection:
            return str(connection.scalar(text("select session_user")))
    finally:
        engine.dispose()


def test_a_client_secret_signs_in(application: Settings, entra: Entra, azure: Azure) -> None:
    entra.secret = _SECRET
    assert _sign_in(application) == azure.app


def test_a_wrong_secret_is_told_in_entra_s_words_and_not_repeated(application: Settings, entra: Entra) -> None:
    entra.secret = "another"
    with pytest.raises(TokenUnavailableError, match="AADSTS7000215") as caught:
        _sign_in(application)
    assert _SECRET not in caught.value.message
    assert entra.refusals == [7000215]


def test_an_application_that_does_not_exist_is_told(application: Settings, entra: Entra) -> None:
    entra.secret = _SECRET
    with pytest.raises(TokenUnavailableError, match="AADSTS700016"):
        _sign_in(application.model_copy(update={"azure_client_id": "11111111-1111-1111-1111-111111111111"}))


def test_a_certificate_signs_in(application: Settings, entra: Entra, azure: Azure, tmp_path: Path) -> None:
    certificate = trustme.CA().issue_cert("app.example.com", key_type=trustme.KeyType.RSA)
    certificate.private_key_and_cert_chain_pem.write_to_path(tmp_path / "app.pem")
    public = load_pem_x509_certificate(certificate.cert_chain_pems[0].bytes()).public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    entra.certificate_key = public
    chosen = {
        "azure_credential": CredentialKind.CLIENT_CERTIFICATE,
        "azure_client_certificate_path": tmp_path / "app.pem",
    }
    assert _sign_in(application.model_copy(update=chosen)) == azure.app


def test_another_certificate_does_not(application: Settings, entra: Entra, tmp_path: Path) -> None:
    certificate = trustme.CA().issue_cert("app.example.com", key_type=trustme.KeyType.RSA)
    certificate.private_key_and_cert_chain_pem.write_to_path(tmp_path / "app.pem")
    entra.certificate_key = rsa.generate_private_key(65537, 2048).public_key()
    chosen = {
        "azure_credential": CredentialKind.CLIENT_CERTIFICATE,
        "azure_client_certificate_path": tmp_path / "app.pem",
    }
    with pytest.raises(TokenUnavailableError, match="AADSTS700027"):
        _sign_in(application.model_copy(update=chosen))


@pytest.mark.parametrize("subject", ["system:serviceaccount:reports:worker", "system:serviceaccount:reports:stranger"])
def test_a_workload_identity_signs_in_and_a_stranger_does_not(
    application: Settings, entra: Entra, azure: Azure, tmp_path: Path, subject: str
) -> None:
    key = rsa.generate_private_key(65537, 2048)
    entra.federated_key = key.public_key()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    claims = {"aud": FEDERATED_AUDIENCE, "sub": subject, "exp": int(time.time()) + 600}
    (tmp_path / "token").write_text(jwt.encode(claims, private, algorithm="RS256"))
    chosen = application.model_copy(
        update={
            "azure_credential": CredentialKind.WORKLOAD_IDENTITY,
            "azure_federated_token_file": tmp_path / "token",
        }
    )
    if subject == entra.federated_subject:
        assert _sign_in(chosen) == azure.app
    else:
        with pytest.raises(TokenUnavailableError, match="AADSTS70021"):
            _sign_in(chosen)


def test_an_entra_of_another_authority_is_not_trusted(application: Settings, entra: Entra, tmp_path: Path) -> None:
    entra.secret = _SECRET
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    with pytest.raises(TokenUnavailableError, match="CERTIFICATE_VERIFY_FAILED"):
        _sign_in(application.model_copy(update={"azure_authority_ca_file": tmp_path / "other.pem"}))
    assert not entra.refusals
