"""API keys of exchanges, asked through ccxt, which is an extra of its own (``worker/exchanges-requirements.txt``).

Some exchanges tell what a key may do; with them a key that may more or less than its type says is found out. Of the others
it is known only whether they accept the key. Texts of ccxt are not repeated: they hold addresses with what was signed.
"""

import logging
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from types import MappingProxyType, ModuleType
from typing import Annotated, Any

import msgspec

from shared.credential_health.providers import Configuration, Credential, CredentialType, Outside, Secret
from shared.credential_health.states import Finding, HealthState
from shared.telemetry import redaction

_log = logging.getLogger(__name__)

READ, TRADE, WITHDRAW = "read", "trade", "withdraw"
_NEEDED = {"readonly": {READ}, "trading": {READ, TRADE}}
_Part = Annotated[str, msgspec.Meta(max_length=5000, pattern=r"^[^\x00]*$")]
_TIMEOUT_MS = 10_000


class ExchangeConfiguration(Configuration, frozen=True, kw_only=True):
    """Which exchange, and what of the key is meant to be so."""

    exchange: Annotated[str, msgspec.Meta(pattern="^[a-z0-9]{2,40}$")]
    """Its id in ccxt, such as ``kraken``."""
    sandbox: bool = False
    """Whether the key is one of the exchange's test network."""
    may_withdraw: bool = False
    """Whether the key is meant to withdraw."""

    def secret_goes_to(self) -> object:
        """Return what decides on the addresses that are asked."""
        return self.exchange, self.sandbox


class ExchangeSecret(Secret, frozen=True, kw_only=True):
    """What signs requests; most exchanges take key and secret."""

    api_key: Annotated[str, msgspec.Meta(min_length=1, max_length=1000, pattern=r"^[!-~]+(?!\n)$")]
    secret: _Part = ""
    password: _Part = ""
    """Also called passphrase."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What an exchange tells of a key."""

    permissions: frozenset[str]
    expires_at: datetime | None = None


class ExchangeProvider:
    """Asks an exchange what a key may do, or for its balance where it does not tell."""

    name = "ccxt"
    # Exchanges count requests by address, and lock out who asks too often.
    at_once = 4
    types: Mapping[str, CredentialType] = MappingProxyType(
        {
            "readonly": CredentialType("A key that may look and nothing else.", ExchangeConfiguration, ExchangeSecret),
            "trading": CredentialType("A key that may trade.", ExchangeConfiguration, ExchangeSecret),
        }
    )

    def __init__(self, further_options: Mapping[str, Any] | None = None) -> None:
        """``further_options`` go to ccxt's exchange, such as other addresses than the public ones."""
        self._further_options = dict(further_options or {})

    def accept(self, credential_type: str, configuration: Any, outside: Outside) -> None:
        """Take whatever has the right form: which exchanges there are, ccxt knows, and the front has none."""

    def check(self, credential: Credential, outside: Outside) -> Finding:
        """Return what the exchange says of the key."""
        try:
            ccxt = import_module("ccxt")
        except ImportError:
            return Finding.unreachable(
                "provider_not_installed",
                "The workers of this installation cannot ask exchanges.",
                "Install worker/exchanges-requirements.txt where the workers run.",
            )
        # It logs requests with their keys and signatures.
        logging.getLogger("ccxt").setLevel(logging.WARNING)
        wanted: ExchangeConfiguration = credential.configuration
        if wanted.exchange not in ccxt.exchanges:
            return Finding.unreachable(
                "exchange_unknown",
                f"ccxt knows no exchange {wanted.exchange}.",
                "Correct the exchange: its id in ccxt, such as kraken.",
            )
        outside.check()
        try:
            exchange = self._made(ccxt, wanted, credential.secret)
        except ccxt.BaseError as error:
            return _told_by(ccxt, error)
        with closing(exchange.session):
            return _asked(ccxt, exchange, credential.credential_type, wanted)

    def _made(self, ccxt: ModuleType, wanted: ExchangeConfiguration, secret: ExchangeSecret) -> Any:
        for value in (secret.api_key, secret.secret, secret.password):
            redaction.register_passing(value)
        options = {
            "apiKey": secret.api_key,
            "secret": secret.secret,
            "password": secret.password,
            "timeout": _TIMEOUT_MS,
            "enableRateLimit": False,
            **self._further_options,
        }
        exchange = getattr(ccxt, wanted.exchange)(options)
        if wanted.sandbox:
            exchange.set_sandbox_mode(True)
        return exchange


def _asked(ccxt: ModuleType, exchange: Any, credential_type: str, wanted: ExchangeConfiguration) -> Finding:
    rights_of = _RIGHTS.get(wanted.exchange)
    try:
        if rights_of is None:
            exchange.fetch_balance()
            return Finding.healthy("The exchange accepts the key; it does not tell what the key may do.")
        rights = rights_of(exchange)
    except ccxt.BaseError as error:
        return _told_by(ccxt, error)
    return _judged(credential_type, wanted, rights)


def _told_by(ccxt: ModuleType, error: Exception) -> Finding:
    kind = type(error).__name__
    if isinstance(error, ccxt.PermissionDenied):
        return Finding(
            HealthState.INSUFFICIENT,
            "permission_missing",
            "The exchange knows the key, yet does not let it read the account.",
            "Allow the key to read, and this installation's address where the exchange lists addresses.",
            missing_permissions=(READ,),
        )
    if isinstance(error, ccxt.AuthenticationError):
        text = f"The exchange refused the key ({kind})."
        return Finding(HealthState.INVALID, "refused", text, "Make a new key at the exchange and set it here.")
    if isinstance(error, ccxt.NetworkError):
        return Finding.unreachable("exchange_unavailable", f"The exchange could not say for now ({kind}).")
    if isinstance(error, ccxt.NotSupported):
        next_step = "Leave sandbox out, or delete the credential: it cannot be checked."
        return Finding.unreachable("not_supported", "The exchange cannot be asked like that.", next_step)
    _log.warning("an exchange did not answer as expected", extra={"action": "exchange_odd", "error": kind})
    return Finding.unreachable("exchange_odd", f"The exchange did not answer as expected ({kind}).")


def _judged(credential_type: str, wanted: ExchangeConfiguration, rights: Rights) -> Finding:
    needed = _NEEDED[credential_type]
    allowed = needed | ({WITHDRAW} if wanted.may_withdraw else set())
    missing = tuple(sorted(needed - rights.permissions))
    excess = tuple(sorted(rights.permissions - allowed))
    if not missing and not excess:
        held = ", ".join(sorted(rights.permissions))
        return Finding.healthy(f"The exchange accepts the key, which may {held}.", expires_at=rights.expires_at)
    parts = ([f"may not {', '.join(missing)}"] if missing else []) + ([f"may also {', '.join(excess)}"] if excess else [])
    return Finding(
        HealthState.INSUFFICIENT,
        "permission_missing" if missing else "permission_excess",
        f"The key {' and '.join(parts)}, unlike what is meant for a key of the type {credential_type}.",
        "Change what the key may do at the exchange, or store it here as what it is.",
        missing_permissions=missing,
        excess_permissions=excess,
        expires_at=rights.expires_at,
    )


def _of_binance(exchange: Any) -> Rights:
    told = exchange.sapi_get_account_apirestrictions()
    names = {
        READ: ("enableReading",),
        TRADE: ("enableSpotAndMarginTrading", "enableFutures", "enableMargin", "enableVanillaOptions"),
        WITHDRAW: ("enableWithdrawals",),
    }
    held = {right for right, flags in names.items() if any(_is_true(told.get(flag)) for flag in flags)}
    # Of the right to trade alone; a key that only reads does not end.
    expires_at = _moment_ms(told.get("tradingAuthorityExpirationTime")) if TRADE in held else None
    return Rights(frozenset(held), expires_at)


def _of_bybit(exchange: Any) -> Rights:
    told = exchange.private_get_v5_user_query_api().get("result", {})
    permissions = told.get("permissions") or {}
    held = {READ}
    if str(told.get("readOnly")) == "0":
        if any(permissions.get(part) for part in ("Spot", "ContractTrade", "Options", "Derivatives")):
            held.add(TRADE)
        if "Withdraw" in (permissions.get("Wallet") or []):
            held.add(WITHDRAW)
    expires_at = None
    with suppress(ValueError, TypeError):
        expires_at = datetime.fromisoformat(told.get("expiredAt", ""))
    return Rights(frozenset(held), expires_at if expires_at is None or expires_at.tzinfo else expires_at.replace(tzinfo=UTC))


def _of_okx(exchange: Any) -> Rights:
    told = (exchange.private_get_account_config().get("data") or [{}])[0]
    words = {word.strip() for word in str(told.get("perm", "")).split(",")}
    names = {"read_only": READ, "trade": TRADE, "withdraw": WITHDRAW}
    return Rights(frozenset({READ, *(names[word] for word in words if word in names)}))


def _of_coinbase(exchange: Any) -> Rights:
    told = exchange.v3_private_get_brokerage_key_permissions()
    names = {"can_view": READ, "can_trade": TRADE, "can_transfer": WITHDRAW}
    return Rights(frozenset(right for flag, right in names.items() if _is_true(told.get(flag))))


_RIGHTS: dict[str, Callable[[Any], Rights]] = {
    "binance": _of_binance,
    "bybit": _of_bybit,
    "okx": _of_okx,
    "coinbase": _of_coinbase,
}


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"


def _moment_ms(value: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(value) / 1000, UTC) if value else None
    except (ValueError, TypeError, OverflowError, OSError):
        return None
