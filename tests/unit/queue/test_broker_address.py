"""The broker's address is completed so that TLS is checked and a token is shown, whatever BROKER_URL leaves out."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import certifi
import pytest
from kombu.utils.url import parse_url
from pydantic import SecretStr

from shared.queue import broker
from shared.settings import Environment, Settings

_AZURE = "rediss://reports.westeurope.redis.azure.net:10000/0"


@pytest.fixture
def settings() -> Settings:
    return Settings(
        app_environment=Environment.TESTING,
        database_url="postgresql://front@127.0.0.1/reports",
        broker_url=SecretStr(_AZURE),
        broker_user="7d6c3c2e-0000-4a9e-9b66-0c8f5a2d1e47",
        storage_account_url="https://127.0.0.1:10000/account",
    )


def _query(settings: Settings) -> dict[str, list[str]]:
    return parse_qs(urlsplit(broker.address(settings)).query)


def test_tls_is_checked_against_the_public_authorities(settings: Settings) -> None:
    query = _query(settings)
    assert query["ssl_cert_reqs"] == ["required"]
    assert query["ssl_check_hostname"] == ["true"]
    assert query["ssl_ca_certs"] == [certifi.where()]


def test_another_authority_may_be_named(settings: Settings) -> None:
    assert _query(settings.model_copy(update={"broker_ca_file": Path("/ca.pem")}))["ssl_ca_certs"] == ["/ca.pem"]


def test_a_token_is_shown_for_the_identity(settings: Settings) -> None:
    assert _query(settings)["credential_provider"] == ["shared.identity.redis.EntraRedis"]


def test_what_the_address_says_itself_stays(settings: Settings) -> None:
    own = settings.model_copy(update={"broker_url": SecretStr(f"{_AZURE}?credential_provider=mine.Provider")})
    assert _query(own)["credential_provider"] == ["mine.Provider"]


def test_a_local_broker_is_left_alone(settings: Settings) -> None:
    local = settings.model_copy(update={"broker_url": SecretStr("redis://:secret@127.0.0.1:6379/3"), "broker_user": ""})
    assert broker.address(local) == "redis://:secret@127.0.0.1:6379/3"


def test_kombu_understands_the_address(settings: Settings) -> None:
    understood = parse_url(broker.address(settings))
    assert understood["ssl"]["ssl_check_hostname"] is True
    assert (understood["hostname"], understood["port"]) == ("reports.westeurope.redis.azure.net", 10000)
    assert not understood["password"]


def test_readers_and_writers_use_the_completed_address_whatever_the_environment_says(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from celery import Celery

    monkeypatch.setenv("CELERY_BROKER_URL", "rediss://elsewhere/0")
    app = Celery("tested", set_as_current=False)
    app.config_from_object(broker.publishing_options(settings))
    assert app.conf.broker_read_url == app.conf.broker_write_url == broker.address(settings)
