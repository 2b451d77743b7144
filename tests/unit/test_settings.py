"""Settings fail early, name everything that is wrong, and never show a value."""

from pathlib import Path

import pytest

from shared import settings
from shared.errors import SettingsError
from shared.settings import reference

_LOCAL = {
    "APP_ENVIRONMENT": "testing",
    "DATABASE_URL": "postgresql://front@127.0.0.1:5432/reports",
    "DB_SSLMODE": "disable",
    "BROKER_URL": "redis://127.0.0.1:6379/0",
    "STORAGE_ACCOUNT_URL": "https://127.0.0.1:10000/devstoreaccount1/",
}
_CLOUD = {
    "APP_ENVIRONMENT": "production",
    "DATABASE_URL": "postgresql://front@db.example.com:5432/reports",
    "BROKER_URL": "rediss://cache.example.com:10000/0",
    "STORAGE_ACCOUNT_URL": "https://account.blob.core.windows.net",
    "BROKER_USER": "c1b7a1de-54f6-4a35-8f6f-2d2a6f0c9b13",
    "VAULT_URL": "https://vault.vault.azure.net",
    "ALLOWED_HOSTS": "reports.example.com",
    "OIDC_ISSUER": "https://login.microsoftonline.com/7d6c3c2e/v2.0",
    "OIDC_AUDIENCE": "4b9c6f30",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in settings.Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


def _set(environment: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    for name, value in values.items():
        environment.setenv(name, value)


@pytest.mark.parametrize("values", [_LOCAL, _CLOUD], ids=["local", "cloud"])
def test_complete_settings_are_accepted(environment: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    _set(environment, values)
    loaded = settings.load()
    assert loaded.app_environment == values["APP_ENVIRONMENT"]
    assert loaded.storage_account_url == values["STORAGE_ACCOUNT_URL"].rstrip("/")


def test_every_missing_setting_is_named_at_once(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError) as caught:
        settings.load()
    for name in _LOCAL:
        assert (f"{name} is not set" in caught.value.message) == (name != "DB_SSLMODE")


def test_an_unknown_profile_fails_with_the_list(environment: pytest.MonkeyPatch) -> None:
    _set(environment, _LOCAL | {"APP_ENVIRONMENT": "prod"})
    with pytest.raises(SettingsError, match="one of development, testing, staging, production"):
        settings.load()


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("DATABASE_URL", "sqlite:///reports.db", "no other database is supported"),
        ("DATABASE_URL", "postgresql://front:hunter2@127.0.0.1/reports", "must not hold a password"),
        ("DATABASE_URL", "postgresql://front@127.0.0.1", "must name host and database"),
        ("STORAGE_ACCOUNT_URL", "http://127.0.0.1:10000/devstoreaccount1", "must begin with https://"),
        ("MAX_ROWS", "0", "greater than 0"),
        ("DOWNLOAD_LINK_MINUTES", "600", "less than or equal to 60"),
    ],
)
def test_a_wrong_value_is_explained_and_not_repeated(
    environment: pytest.MonkeyPatch, name: str, value: str, complaint: str
) -> None:
    _set(environment, _LOCAL | {name: value})
    with pytest.raises(SettingsError, match=complaint) as caught:
        settings.load()
    assert name in caught.value.message
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("profile", ["staging", "production"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PASSWORD", "hunter2"),
        ("DB_SYSTEM_PASSWORD", "hunter2"),
        ("DB_OWNER_PASSWORD", "hunter2"),
        ("DB_SSLMODE", "require"),
        ("BROKER_URL", "redis://cache.example.com:6379/0"),
    ],
)
def test_cloud_profiles_refuse_what_is_for_one_machine(
    environment: pytest.MonkeyPatch, profile: str, name: str, value: str
) -> None:
    _set(environment, _CLOUD | {"APP_ENVIRONMENT": profile, name: value})
    with pytest.raises(SettingsError, match=name):
        settings.load()


@pytest.mark.parametrize(
    ("kind", "given", "missing"),
    [
        ("client_secret", {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c"}, "AZURE_CLIENT_SECRET is not set"),
        ("client_secret", {}, "AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET are not set"),
        ("client_certificate", {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c"}, "AZURE_CLIENT_CERTIFICATE_PATH is not set"),
        ("workload_identity", {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c"}, "AZURE_FEDERATED_TOKEN_FILE is not set"),
    ],
)
def test_missing_parts_of_a_credential_are_named(
    environment: pytest.MonkeyPatch, kind: str, given: dict[str, str], missing: str
) -> None:
    _set(environment, _CLOUD | given | {"AZURE_CREDENTIAL": kind})
    with pytest.raises(SettingsError, match=missing):
        settings.load()


@pytest.mark.parametrize("profile", ["testing", "staging", "production"])
def test_a_developers_sign_in_is_for_development_only(environment: pytest.MonkeyPatch, profile: str) -> None:
    values = _LOCAL if profile == "testing" else _CLOUD
    _set(environment, values | {"APP_ENVIRONMENT": profile, "AZURE_CREDENTIAL": "developer"})
    with pytest.raises(SettingsError, match="developer is for development"):
        settings.load()


def test_settings_never_show_a_secret(environment: pytest.MonkeyPatch) -> None:
    _set(environment, _LOCAL | {"DB_PASSWORD": "hunter2", "BROKER_URL": "redis://user:hunter2@127.0.0.1/0"})
    assert "hunter2" not in repr(settings.load())


def test_the_settings_page_matches_the_code() -> None:
    page = Path(__file__).parents[2] / "docs" / "configuration.md"
    assert page.read_text(encoding="utf-8") == reference.markdown()
