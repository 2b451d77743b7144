"""The broker lets in the identity's object id with a token, over TLS; an expired token costs no message."""

import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import redis
import trustme
from kombu.exceptions import OperationalError

from shared.identity.redis import EntraRedis
from shared.queue.names import Queue
from shared.queue.publisher import Publisher
from shared.settings import Settings
from tests.integration.identity.conftest import LIFETIME_S
from tests.integration.jobs.waiting import until
from tests.simulators import enforcement
from tests.simulators.azure import Azure


@pytest.fixture
def publisher(identity_settings: Settings) -> Iterator[Publisher]:
    made = Publisher(identity_settings)
    yield made
    made.close()


def _publish(publisher: Publisher) -> bool:
    return publisher.publish("generate_report", queue=Queue.REPORTS, priority=3, tenant_id=uuid4(), job_id=uuid4())


def _waiting(azure: Azure) -> int:
    with redis.Redis(port=azure.valkey.port, password=azure.valkey.password) as administrator:
        return int(administrator.llen("reports:3"))


def test_a_publisher_signs_in_with_a_token(publisher: Publisher, azure: Azure) -> None:
    assert _publish(publisher)
    publisher.ping()
    assert _waiting(azure) == 1
    assert azure.issuer.issued[enforcement.REDIS] == 1


def test_a_connection_ended_with_its_token_costs_no_message(publisher: Publisher, azure: Azure) -> None:
    azure.issuer.lifetime_s = LIFETIME_S
    assert _publish(publisher)
    for sent in range(2, 4):
        issued = azure.issuer.issued[enforcement.REDIS]
        # Like Azure's, the server ends what was opened with a token once that token expires.
        until(lambda: azure.broker_gateway.connections == 0, "the server to end connections with their token")
        assert _publish(publisher)
        assert _waiting(azure) == sent
        assert azure.issuer.issued[enforcement.REDIS] > issued


def test_a_token_outlives_the_identity_service(publisher: Publisher, azure: Azure) -> None:
    assert _publish(publisher)
    azure.issuer.away = True
    azure.broker_gateway.drop()
    until(lambda: azure.broker_gateway.connections == 0, "the connections to end")
    assert _publish(publisher)


def test_without_a_token_nothing_is_sent_and_later_it_is(publisher: Publisher, azure: Azure) -> None:
    azure.issuer.away = True
    assert not _publish(publisher)
    with pytest.raises(OperationalError, match="gave no token for https://redis"):
        publisher.ping()
    azure.issuer.away = False
    assert _publish(publisher)
    assert _waiting(azure) == 1


def test_an_expired_token_is_refused(identity_settings: Settings, azure: Azure) -> None:
    azure.issuer.lifetime_s = 1

    def let_in() -> tuple[str, str] | None:
        # A token this short may end on its way.
        user, token = EntraRedis().get_credentials()
        return (user, token) if _is_let_in(azure, user, token) else None

    user, token = until(let_in, "a token that is let in")
    until(lambda: time.time() > _expiry(azure) and not _is_let_in(azure, user, token), "the token to expire")


def test_a_broker_of_another_authority_gets_no_token(identity_settings: Settings, azure: Azure, tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    stranger = Publisher(identity_settings.model_copy(update={"broker_ca_file": tmp_path / "other.pem"}))
    try:
        assert not _publish(stranger)
        with pytest.raises(OperationalError, match="certificate verify failed"):
            stranger.ping()
    finally:
        stranger.close()
    assert enforcement.REDIS not in azure.issuer.issued


def _expiry(azure: Azure) -> int:
    token = azure.issuer.current(enforcement.REDIS)
    assert token is not None
    return token.expires_on


def _is_let_in(azure: Azure, user: str, token: str) -> bool:
    try:
        with redis.Redis(port=azure.valkey.port, username=user, password=token) as client:
            return bool(client.ping())
    except redis.AuthenticationError:
        return False
