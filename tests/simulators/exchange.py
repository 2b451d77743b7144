"""An exchange as ccxt meets Binance: the question what a key may do, signed, over TLS on loopback.

https://developers.binance.com/docs/wallet/account/api-key-permission, and "Request Security" of the same pages: the header
``X-MBX-APIKEY``, and as ``signature`` the HMAC-SHA256 of the query before it.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import trustme

from tests.simulators.listening import JsonHandler, Listening

_PATH = "/sapi/v1/account/apiRestrictions"


@dataclass
class Exchange(Listening):
    """A running exchange with one key; used as a context manager. ``ca_file`` is written at the start."""

    ca_file: Path
    key: str = "key-of-the-exchange-0123456789"
    secret: str = "secret-of-the-exchange-0123456789"
    may: set[str] = field(default_factory=lambda: {"enableReading"})
    ends_ms: int | None = None
    fault: tuple[HTTPStatus, dict[str, Any]] | None = None
    """Status and body with which every request is answered."""
    asked: int = 0
    elsewhere: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Answers of other exchanges, by path; they are signed otherwise, and here believed."""

    def __enter__(self) -> "Exchange":
        exchange = self
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca_file)

        class Handler(JsonHandler):
            def do_GET(self) -> None:  # noqa: N802 - the name is given
                self.answer_json(*exchange.answer(self.path, self.headers.get("X-MBX-APIKEY", "")))

        self.listen(Handler, authority)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def options(self) -> dict[str, Any]:
        """What lets ccxt find it."""
        places = {"sapi": f"{self.base_url}/sapi/v1", "private": self.base_url, "rest": self.base_url}
        return {"urls": {"api": places}, "validateServerSsl": str(self.ca_file)}

    def answer(self, target: str, key: str) -> tuple[HTTPStatus, dict[str, Any]]:
        """Return status and body for a request."""
        self.asked += 1
        if self.fault is not None:
            return self.fault
        address = urlsplit(target)
        if address.path in self.elsewhere:
            return HTTPStatus.OK, self.elsewhere[address.path]
        if address.path != _PATH:
            return HTTPStatus.NOT_FOUND, {"code": -1, "msg": "Not found."}
        signed, _, signature = address.query.partition("&signature=")
        if key != self.key:
            return HTTPStatus.UNAUTHORIZED, {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}
        if not hmac.compare_digest(hmac.new(self.secret.encode(), signed.encode(), hashlib.sha256).hexdigest(), signature):
            return HTTPStatus.BAD_REQUEST, {"code": -1022, "msg": "Signature for this request is not valid."}
        flags = ("enableReading", "enableSpotAndMarginTrading", "enableWithdrawals", "enableFutures", "enableMargin")
        told: dict[str, Any] = {"ipRestrict": False, "createTime": 1, **{flag: flag in self.may for flag in flags}}
        return HTTPStatus.OK, told | ({"tradingAuthorityExpirationTime": self.ends_ms} if self.ends_ms else {})
