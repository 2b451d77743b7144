"""Providers that others install are found by their entry points; what does not keep to the protocol is left out."""

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from shared.credential_health import providers
from shared.credential_health.providers import ConfigurationInvalidError, Credential, Outside, ProviderUnknownError
from shared.credential_health.states import Finding, HealthState

_MODULE = """
from shared.credential_health.providers import Configuration, CredentialType, Secret
from shared.credential_health.states import Finding, HealthState


class PingConfiguration(Configuration, frozen=True, kw_only=True):
    host: str


class PingSecret(Secret, frozen=True, kw_only=True):
    key: str


class PingProvider:
    name = "ping"
    at_once = 2
    types = {"key": CredentialType("A key of Ping.", PingConfiguration, PingSecret)}

    def accept(self, credential_type, configuration, outside):
        outside.accept(f"https://{configuration.host}/")

    def check(self, credential, outside):
        if credential.secret.key != "good":
            return Finding(HealthState.INVALID, "refused", "Ping refused the key.", "Make a new one.")
        return Finding.healthy("Ping answers.")


class Impostor(PingProvider):
    name = "azure"


class Half:
    name = "half"
    at_once = 1
    types = {}
"""
_ENTRIES = """[azure_advisor_reports.credential_providers]
ping = aar_ping:PingProvider
again = aar_ping:PingProvider
impostor = aar_ping:Impostor
half = aar_ping:Half
gone = aar_ping:Gone
broken = aar_nowhere:Provider
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package beside the product, as an installer leaves it."""
    (tmp_path / "aar_ping.py").write_text(_MODULE)
    facts = tmp_path / "aar_ping-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: aar-ping\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(_ENTRIES)
    monkeypatch.syspath_prepend(str(tmp_path))
    providers.providers.cache_clear()
    yield
    providers.providers.cache_clear()
    sys.modules.pop("aar_ping", None)


@pytest.mark.usefixtures("installed")
def test_an_installed_provider_is_found_and_others_cannot_spoil_it() -> None:
    assert list(providers.providers()) == ["http", "ccxt", "ping"]
    provider, wanted = providers.type_of("ping", "key")
    assert providers.at_once_of("ping") == 2
    secret = providers.converted({"key": "good"}, wanted.secret, "secret")
    assert "good" not in repr(secret)
    configuration = providers.converted({"host": "ping.example.com"}, wanted.configuration, "configuration")
    outside = Outside(None)  # type: ignore[arg-type]
    assert provider.check(Credential("key", configuration, secret), outside) == Finding.healthy("Ping answers.")
    wrong = providers.converted({"key": "bad"}, wanted.secret, "secret")
    assert provider.check(Credential("key", configuration, wrong), outside).state is HealthState.INVALID


@pytest.mark.parametrize(
    "found",
    [None, "healthy", Finding(HealthState.UNCHECKED, "", ""), Finding.healthy("", expires_at=datetime(2027, 1, 1))],  # noqa: DTZ001
)
def test_what_a_provider_returns_that_is_no_finding_is_its_mistake(found: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    provider, _ = providers.type_of("http", "bearer")
    monkeypatch.setattr(provider, "check", lambda *_: found)
    with pytest.raises((TypeError, ValueError)):
        providers.judged(provider, Credential("bearer", None, None), Outside(None))  # type: ignore[arg-type]


def test_what_no_provider_knows_is_refused_without_its_values() -> None:
    with pytest.raises(ProviderUnknownError, match="no provider 'ping'"):
        providers.type_of("ping", "key")
    for provider, credential_type in (("azure", "password"), ("http", "digest")):
        with pytest.raises(ProviderUnknownError):
            providers.check_type(provider, credential_type)
    providers.check_type("azure", "managed_identity")
    _, wanted = providers.type_of("http", "basic")
    with pytest.raises(ConfigurationInvalidError) as refused:
        providers.converted({"username": "hunter:2", "password": "x"}, wanted.secret, "secret")
    assert "username" in str(refused.value)
    assert "hunter" not in str(refused.value)


@pytest.mark.parametrize(
    ("provider", "credential_type", "secret"),
    [
        ("http", "bearer", {"token": "copied\n"}),
        ("http", "basic", {"username": "ada\n", "password": "x"}),
        ("http", "basic", {"username": "ada", "password": "copied\n"}),
        ("ccxt", "readonly", {"api_key": "copied\n"}),
        ("ccxt", "readonly", {"api_key": "caf\u00e9"}),
    ],
)
def test_a_secret_that_no_request_can_hold_is_refused_when_it_is_given(
    provider: str, credential_type: str, secret: dict[str, str]
) -> None:
    _, wanted = providers.type_of(provider, credential_type)
    with pytest.raises(ConfigurationInvalidError):
        providers.converted(secret, wanted.secret, "secret")
    assert providers.converted(dict.fromkeys(secret, "as-it-should-be"), wanted.secret, "secret")
