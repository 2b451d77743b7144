"""Where a request may go: an address as a user gave it, checked before anything is sent."""

import re
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

import idna

from shared.errors import AdvisorReportsError, InvalidRequestError
from shared.outgoing import addresses
from shared.outgoing.addresses import Address
from shared.outgoing.rules import Rules

MAX_URL_CHARS = 2000
_RESOLVE_S = 5.0
_VISIBLE = re.compile(r"[\x21-\x7e\u00a1-\U0010ffff]+")
# What C libraries take for IPv4 addresses: one to four numbers, decimal, octal or hexadecimal.
_NUMERIC = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+)){0,3}", re.IGNORECASE)

Resolver = Callable[[str, int], Sequence[str]]
"""Finds the addresses of a host name; raises ``OSError`` where there are none."""


class UrlRefusedError(InvalidRequestError):
    """An address that requests may not go to."""

    code = "url_refused"


class HostUnknownError(AdvisorReportsError):
    """A host has no address now, or nobody could say."""

    code = "host_unknown"
    retryable = True


@dataclass(frozen=True)
class Destination:
    """A checked address: how the host is called, and the very IP addresses that a request may be sent to."""

    url: str
    scheme: str
    host: str
    """As it stands in ``Host`` and in TLS: ASCII, without brackets."""
    port: int
    target: str
    """Path and query."""
    ip_addresses: tuple[str, ...]

    @property
    def host_header(self) -> str:
        """Return the value of ``Host``."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == _DEFAULT_PORTS[self.scheme] else f"{name}:{self.port}"


_DEFAULT_PORTS = {"https": 443, "http": 80}


def check(url: str, rules: Rules) -> tuple[str, str, int, str]:
    """Return scheme, host, port and target of ``url`` where its form allows a request at all; asks nobody.

    Raises :class:`UrlRefusedError`, also for a host that is written as an address and not allowed.
    """
    if len(url) > MAX_URL_CHARS or not _VISIBLE.fullmatch(url) or "\\" in url:
        raise UrlRefusedError("The address is too long or holds spaces, control characters or backslashes.", next_step=_FORM)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UrlRefusedError("The address cannot be read.", next_step=_FORM) from error
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise UrlRefusedError("The address must begin with https:// and name a host.", next_step=_FORM)
    if "@" in parts.netloc:
        raise UrlRefusedError(
            "The address must not hold a user name or password.", next_step="Send credentials as a header."
        )
    host = _host(parts.hostname)
    if "[" in parts.netloc and ":" not in host:
        raise UrlRefusedError("What stands in brackets is no IPv6 address.", next_step=_FORM)
    number = port if port is not None else _DEFAULT_PORTS[scheme]
    if not rules.allows_host(host, number):
        if scheme != "https" and not rules.may_use_http:
            raise UrlRefusedError("Only https:// addresses are allowed here.", next_step=_FORM)
        if number not in rules.ports:
            allowed = ", ".join(map(str, sorted(rules.ports)))
            raise UrlRefusedError(f"Port {number} is not allowed; allowed are {allowed}.", next_step=_ASK)
    if (literal := addresses.parse(host)) is not None:
        _refuse_unless_allowed(literal, host, number, rules)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return scheme, host, number, _ascii_target(target)


def resolve(url: str, rules: Rules, *, resolver: Resolver | None = None) -> Destination:
    """Check ``url``, resolve its host once and return where exactly a request may go.

    One address that is not allowed refuses the whole name: whoever can answer with one of them can answer with any. Raises
    :class:`UrlRefusedError`, :class:`HostUnknownError`.
    """
    scheme, host, port, target = check(url, rules)
    found = [host] if addresses.parse(host) else _addresses_of(host, port, resolver or system_addresses)
    for text in found:
        _refuse_unless_allowed(ip_address(text), host, port, rules)
    return Destination(url, scheme, host, port, target, tuple(found))


def system_addresses(host: str, port: int) -> Sequence[str]:
    """Return the addresses of ``host`` that the system's resolver gives, without repetition."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _addresses_of(host: str, port: int, resolver: Resolver) -> list[str]:
    # The system's resolver knows no time limit of ours; a thread that waits for it is left behind.
    executor = ThreadPoolExecutor(1, thread_name_prefix="resolve")
    try:
        found = executor.submit(resolver, host, port).result(_RESOLVE_S)
    except (OSError, UnicodeError) as error:
        raise HostUnknownError(f"The host {host} has no address.", next_step=_CHECK_NAME) from error
    except FutureTimeoutError as error:
        raise HostUnknownError(f"Nobody said in time which address {host} has.", next_step=_CHECK_NAME) from error
    finally:
        executor.shutdown(wait=False)
    if not found:
        raise HostUnknownError(f"The host {host} has no address.", next_step=_CHECK_NAME)
    return list(found)


def _refuse_unless_allowed(address: Address, host: str, port: int, rules: Rules) -> None:
    if not rules.allows_address(address, host, port):
        raise UrlRefusedError(f"The host {host} is not on the public internet.", next_step=_ASK)


def _host(given: str) -> str:
    """Return the host as DNS and TLS know it; raises :class:`UrlRefusedError`."""
    host = given.rstrip(".").lower()
    if "%" in host:
        raise UrlRefusedError("The host must not hold a percent sign.", next_step=_FORM)
    if addresses.parse(host) is not None:
        return host
    if _NUMERIC.fullmatch(host) or ":" in host:
        raise UrlRefusedError("The host is a number that is no complete IP address.", next_step=_FORM)
    try:
        # UTS 46 folds look-alikes (full-width digits and dots, circled letters) to what they are resolved as.
        encoded = idna.encode(host, uts46=True, std3_rules=True, transitional=False).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError) as error:
        raise UrlRefusedError("The host is not a valid name.", next_step=_FORM) from error
    if _NUMERIC.fullmatch(encoded) or addresses.parse(encoded) is not None:
        raise UrlRefusedError("The host is a number in disguise.", next_step=_FORM)
    return encoded


def _ascii_target(target: str) -> str:
    return "".join(char if char.isascii() else "".join(f"%{byte:02X}" for byte in char.encode()) for char in target)


_FORM = "Give an address such as https://hooks.example.com/advisor."
_USE_HEADER = "Send credentials as a header of the endpoint."
_ASK = "Use a public https address, or ask whoever runs this installation to allow it."
_CHECK_NAME = "Check the name of the host; it is tried again."
