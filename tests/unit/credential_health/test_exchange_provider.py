"""Exchange keys, asked through the real ccxt: what a key may do, refusals and outages told apart, nothing repeated."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from infra.local import places
from shared.credential_health.exchange_provider import (
    ExchangeConfiguration,
    ExchangeProvider,
    ExchangeSecret,
)
from shared.credential_health.providers import Credential, Outside
from shared.credential_health.states import Finding, HealthState
from tests.simulators.exchange import Exchange

_TRADE = {"enableReading", "enableSpotAndMarginTrading"}
_BANNED = {"code": -1003, "msg": "Way too many requests; IP banned."}


@pytest.fixture(autouse=True)
def _extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra, as `make install` keeps it beside the environment: few of the processes that tests start need it."""
    monkeypatch.syspath_prepend(str(places.LOCAL / "exchanges"))


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Exchange]:
    with Exchange(tmp_path / "ca.pem") as made:
        yield made


def _asked(place: Exchange, credential_type: str, **fields: Any) -> Finding:
    options = {"exchange": "binance", "api_key": place.key, "secret": place.secret, **fields}
    secret = ExchangeSecret(api_key=options.pop("api_key"), secret=options.pop("secret"), password="p" * 20)
    credential = Credential(credential_type, ExchangeConfiguration(**options), secret)
    return ExchangeProvider(place.options).check(credential, Outside(None))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("credential_type", "may", "state", "missing", "excess"),
    [
        ("readonly", {"enableReading"}, HealthState.HEALTHY, (), ()),
        ("readonly", _TRADE, HealthState.INSUFFICIENT, (), ("trade",)),
        ("readonly", set(), HealthState.INSUFFICIENT, ("read",), ()),
        ("trading", _TRADE, HealthState.HEALTHY, (), ()),
        ("trading", {"enableReading"}, HealthState.INSUFFICIENT, ("trade",), ()),
        ("trading", _TRADE | {"enableWithdrawals"}, HealthState.INSUFFICIENT, (), ("withdraw",)),
    ],
)
def test_a_key_that_may_more_or_less_than_it_should_is_found_out(  # noqa: PLR0917
    exchange: Exchange,
    credential_type: str,
    may: set[str],
    state: HealthState,
    missing: tuple[str, ...],
    excess: tuple[str, ...],
) -> None:
    exchange.may = may
    found = _asked(exchange, credential_type)
    assert (found.state, found.missing_permissions, found.excess_permissions) == (state, missing, excess)
    assert exchange.asked == 1


def test_a_key_that_is_meant_to_withdraw_may_and_its_end_is_known(exchange: Exchange) -> None:
    exchange.may = _TRADE | {"enableWithdrawals"}
    exchange.ends_ms = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp() * 1000)
    found = _asked(exchange, "trading", may_withdraw=True)
    assert (found.state, found.expires_at) == (HealthState.HEALTHY, datetime(2027, 1, 1, tzinfo=UTC))


_BYBIT = {"retCode": 0, "retMsg": "", "result": {"readOnly": 0, "permissions": {"Spot": ["SpotTrade"], "Wallet": []}}}
_BYBIT_READS = {"retCode": 0, "retMsg": "", "result": {"readOnly": 1, "expiredAt": "2027-01-01T00:00:00Z"}}
_OKX = {"code": "0", "data": [{"perm": "read_only,withdraw,trade"}]}
_COINBASE = {"can_view": True, "can_trade": False, "can_transfer": False}


@pytest.mark.parametrize(
    ("name", "path", "told", "missing", "excess"),
    [
        ("bybit", "/v5/user/query-api", _BYBIT, (), ()),
        ("bybit", "/v5/user/query-api", _BYBIT_READS, ("trade",), ()),
        ("okx", "/api/v5/account/config", _OKX, (), ("withdraw",)),
        ("coinbase", "/api/v3/brokerage/key_permissions", _COINBASE, ("trade",), ()),
    ],
)
def test_other_exchanges_that_tell_are_understood(  # noqa: PLR0917
    exchange: Exchange, name: str, path: str, told: dict[str, Any], missing: tuple[str, ...], excess: tuple[str, ...]
) -> None:
    exchange.elsewhere = {path: told}
    found = _asked(exchange, "trading", exchange=name)
    assert (found.missing_permissions, found.excess_permissions) == (missing, excess), found
    assert found.state is (HealthState.INSUFFICIENT if missing or excess else HealthState.HEALTHY)
    assert (found.expires_at is not None) == ("expiredAt" in str(told))


@pytest.mark.parametrize(
    ("fault", "fields", "state", "code"),
    [
        (None, {"api_key": "another-key-0123456789"}, HealthState.INVALID, "refused"),
        (None, {"secret": "another-secret-0123456789"}, HealthState.INVALID, "refused"),
        ((HTTPStatus.SERVICE_UNAVAILABLE, {}), {}, HealthState.UNREACHABLE, "exchange_unavailable"),
        ((HTTPStatus.TOO_MANY_REQUESTS, _BANNED), {}, HealthState.UNREACHABLE, "exchange_unavailable"),
        (None, {"exchange": "nowhere"}, HealthState.UNREACHABLE, "exchange_unknown"),
    ],
)
def test_refusals_and_outages_are_told_apart_and_no_secret_is_repeated(  # noqa: PLR0917
    exchange: Exchange,
    fault: tuple[HTTPStatus, dict[str, Any]] | None,
    fields: dict[str, Any],
    state: HealthState,
    code: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    exchange.fault = fault
    with caplog.at_level(logging.DEBUG):
        found = _asked(exchange, "readonly", **fields)
    assert (found.state, found.code) == (state, code)
    for secret in (exchange.key, exchange.secret, *map(str, fields.values())):
        assert secret not in f"{found}" or secret == "nowhere"
        assert secret not in caplog.text


def test_an_exchange_that_is_away_says_nothing_about_the_key(exchange: Exchange) -> None:
    options = exchange.options
    exchange.stop()
    credential = Credential(
        "readonly", ExchangeConfiguration(exchange="binance"), ExchangeSecret(api_key="k" * 20, secret="s" * 20)
    )
    found = ExchangeProvider(options).check(credential, Outside(None))  # type: ignore[arg-type]
    assert (found.state, found.code) == (HealthState.UNREACHABLE, "exchange_unavailable")


def test_without_the_extra_it_is_said_what_is_missing(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ccxt", None)
    found = _asked(exchange, "readonly")
    assert (found.state, found.code) == (HealthState.UNREACHABLE, "provider_not_installed")
    assert "exchanges-requirements" in found.next_step
