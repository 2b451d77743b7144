"""PostgreSQL lets a process in by its token, over TLS, and by nothing else."""

from pathlib import Path

import psycopg
import pytest
import trustme
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from shared.database.engine import Login, create_engine
from shared.identity import process
from shared.identity.token_cache import TokenUnavailableError
from shared.settings import Settings
from tests.simulators import enforcement
from tests.simulators.azure import Azure


def _who(settings: Settings, login: Login) -> str:
    engine = create_engine(settings, login, pool_size=1)
    try:
        with engine.connect() as connection:
            return str(connection.scalar(text("select session_user")))
    finally:
        engine.dispose()


def test_each_login_signs_in_with_the_identity_s_token(identity_settings: Settings, azure: Azure) -> None:
    assert _who(identity_settings, Login.APP) == azure.app
    assert _who(identity_settings, Login.SYSTEM) == azure.system
    assert _who(identity_settings, Login.OWNER) == azure.owner
    assert azure.issuer.issued[enforcement.POSTGRESQL] == 1, "all share one token"


def test_the_database_may_be_named_in_parts(identity_settings: Settings, azure: Azure) -> None:
    parts = identity_settings.model_copy(
        update={
            "database_url": "",
            "db_host": "localhost",
            "db_port": azure.database_gateway.port,
            "db_name": identity_settings.database_url.rpartition("/")[2],
            "azure_service_principal_user": azure.app,
        }
    )
    assert _who(parts, Login.APP) == azure.app


def test_the_user_is_the_identity_s_name_where_none_is_set(identity_settings: Settings, azure: Azure) -> None:
    address = identity_settings.database_url.replace(f"{azure.app}@", "")
    assert _who(identity_settings.model_copy(update={"database_url": address}), Login.APP) == azure.app


def test_a_server_of_another_authority_gets_no_token(identity_settings: Settings, tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    with pytest.raises(OperationalError, match="certificate verify failed"):
        _who(identity_settings.model_copy(update={"db_ca_file": tmp_path / "other.pem"}), Login.APP)


def test_the_public_authorities_are_trusted_by_default(identity_settings: Settings) -> None:
    with pytest.raises(OperationalError, match="certificate verify failed"):
        _who(identity_settings.model_copy(update={"db_ca_file": None}), Login.APP)


def test_the_gateway_takes_nobody_without_tls(identity_settings: Settings) -> None:
    with pytest.raises(OperationalError, match="closed the connection unexpectedly"):
        _who(identity_settings.model_copy(update={"db_sslmode": "disable"}), Login.APP)


def test_a_token_that_is_refused_is_replaced_once(identity_settings: Settings, azure: Azure) -> None:
    # azure-identity has a cache of its own, for tokens that live for five minutes and more.
    azure.issuer.lifetime_s = 200
    assert _who(identity_settings, Login.APP) == azure.app
    azure.issuer.renew(enforcement.POSTGRESQL)
    assert _who(identity_settings, Login.APP) == azure.app
    assert process.credential(identity_settings).statuses()[0].refreshes == 2


def test_a_login_that_the_server_does_not_know_is_refused_with_no_token_in_the_error(
    identity_settings: Settings, azure: Azure
) -> None:
    unknown = identity_settings.model_copy(update={"azure_service_principal_user": "nobody"})
    with pytest.raises(OperationalError, match="password authentication failed") as caught:
        _who(unknown, Login.APP)
    token = azure.issuer.current(enforcement.POSTGRESQL)
    assert token is not None
    told: BaseException | None = caught.value
    while told is not None:
        assert token.text not in f"{told!r}{told}{getattr(told, 'params', '')}"
        told = told.__cause__ or told.__context__


def test_without_a_token_the_error_says_what_to_do_and_the_next_try_recovers(
    identity_settings: Settings, azure: Azure
) -> None:
    azure.issuer.away = True
    with pytest.raises(TokenUnavailableError) as caught:
        _who(identity_settings, Login.APP)
    assert "gave no token for https://ossrdbms-aad" in caught.value.message
    assert "identity" in caught.value.next_step
    azure.issuer.away = False
    assert _who(identity_settings, Login.APP) == azure.app


def test_the_password_of_yesterday_does_not_let_in(identity_settings: Settings, azure: Azure) -> None:
    first = azure.issuer.token(enforcement.POSTGRESQL)
    azure.issuer.renew(enforcement.POSTGRESQL)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(
            identity_settings.database_url,
            password=first.text,
            sslmode="verify-full",
            sslrootcert=str(azure.ca_file),
        )
