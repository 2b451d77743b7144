"""A process signs in as its settings say, and in no other way."""

from pathlib import Path

import pytest
import trustme
from azure.identity import (
    CertificateCredential,
    ChainedTokenCredential,
    ClientSecretCredential,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)
from pydantic import SecretStr

from shared.identity.credential import create_credential
from shared.settings import CredentialKind, Environment, Settings

_DIRECTORY = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def settings() -> Settings:
    return Settings(
        app_environment=Environment.DEVELOPMENT,
        database_url="postgresql://front@127.0.0.1/reports",
        broker_url=SecretStr("redis://127.0.0.1/0"),
        storage_account_url="https://127.0.0.1:10000/account",
        azure_tenant_id=_DIRECTORY,
        azure_client_id="app",
        azure_client_secret=SecretStr("hunter2"),
        azure_federated_token_file=Path("token"),
    )


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    path = tmp_path / "app.pem"
    trustme.CA().issue_cert("app.example.com", key_type=trustme.KeyType.RSA).private_key_and_cert_chain_pem.write_to_path(
        path
    )
    return path


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (CredentialKind.MANAGED_IDENTITY, ManagedIdentityCredential),
        (CredentialKind.WORKLOAD_IDENTITY, WorkloadIdentityCredential),
        (CredentialKind.CLIENT_SECRET, ClientSecretCredential),
        (CredentialKind.CLIENT_CERTIFICATE, CertificateCredential),
        (CredentialKind.DEVELOPER, ChainedTokenCredential),
    ],
)
def test_the_kind_in_the_settings_decides(
    settings: Settings, certificate: Path, kind: CredentialKind, expected: type
) -> None:
    chosen = settings.model_copy(update={"azure_credential": kind, "azure_client_certificate_path": certificate})
    assert type(create_credential(chosen)) is expected


def test_another_authority_is_used_where_named(settings: Settings) -> None:
    chosen = settings.model_copy(
        update={"azure_credential": CredentialKind.CLIENT_SECRET, "azure_authority_host": "https://login.example.com"}
    )
    assert isinstance(create_credential(chosen), ClientSecretCredential)
