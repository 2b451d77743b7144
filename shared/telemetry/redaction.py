"""Redaction: the one place that decides what may not be written down.

Whatever leaves a process for people or machines to read (a log line, an error on a row, a problem document, a span, the
output of a command) goes through :func:`redact` or :func:`redact_value`. Two nets lie one above the other: *forms* that
secrets have wherever they come from (tokens, signatures, connection strings, keys), and *values* that this very process was
given as secrets (:func:`register`), in every spelling in which they may show up again.

Redacting twice is redacting once, and redacting never raises: what cannot be looked at is not shown.
"""

import json
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from pydantic import BaseModel, SecretStr

MARK: Final = "[redacted]"
"""What stands where a secret was."""

# A value this short is a word of the language too: redacting it would blacken half the log and protect nothing.
_SHORTEST_VALUE = 6
# No word is as long.
_SHORTEST_KEY = 40
_DEEPEST = 6
# Secrets of customers pass through a process that serves many: each costs every line a look, so the newest are remembered.
_MOST_PASSING = 64
_SHORTEST_PASSING = 16

# What follows a name: quoted text up to the same quote, or all up to a blank or a separator; group 2 is the quote.
_NOT_MARKED = r"(?!(?:SecretStr\()?\\?[\"']?\[redacted\])"
_VALUE = rf"{_NOT_MARKED}(?:(\\?[\"'])(?:(?!\2)[^\r\n])+(?:\2|$)|[^\s\"'&;,<>]{{3,}})"
_QUOTE = r"(?:\\?[\"'])?"
_IS = rf"{_QUOTE}\s*[:=,]\s*(?:b(?=[\"'])|SecretStr\()?"
_SHOWN_VALUE = rf"\1\2{MARK}\2"


def _rule(hint: str, pattern: str, replacement: str, flags: int = re.IGNORECASE) -> tuple[str, re.Pattern[str], str]:
    return hint, re.compile(pattern, flags), replacement


def _named(hint: str, names: str) -> tuple[str, re.Pattern[str], str]:
    return _rule(hint, rf"((?:\b|_)(?:{names}){_IS}){_VALUE}", _SHOWN_VALUE)


# Each rule is tried only on texts that hold its hint: looking for a substring costs nanoseconds, a pattern microseconds.
_RULES = (
    # PEM blocks, also where line ends were escaped, and also where the end was cut off.
    _rule("private key", r"-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----(?:(?!-----END)[\s\S])*(?:-----END \1-----)?", MARK),
    # JSON web tokens (RFC 7519) and their encrypted kin: Entra's access tokens, identity tokens, assertions.
    _rule("eyj", r"\beyJ[\w-]{5,}\.[\w-]*(?:\.[\w-]*){0,3}", MARK, 0),
    _rule("aar_", r"\baar_[\w-]{16,}", f"aar_{MARK}"),
    _rule("whsec_", r"\bwhsec_[\w+/=-]{8,}", f"whsec_{MARK}"),
    # Header fields as they appear in dumps of requests; shorter credentials than eight characters do not exist.
    _rule(
        "authorization",
        rf"(authorization{_IS}(?:{_QUOTE}\s*)(?:(?:bearer|basic|digest|sharedkey|sharedkeylite|aad)\s+)?)[\w.~+/=:%-]{{8,}}",
        rf"\1{MARK}",
    ),
    _rule("bearer", r"(\bbearer\s+)[\w.~+/=%-]{8,}", rf"\1{MARK}"),
    _rule("cookie", rf"(\b(?:set-)?cookie{_IS}{_QUOTE})(?!\s*\[redacted\])[^\r\n\"']{{4,}}", rf"\1{MARK}"),
    _named("x-", "x-identity-header|x-functions-key|x-zumo-auth|x-arr-clientcert"),
    # The signature of a shared access link, plain and within an encoded address.
    _rule("sig=", r"(\bsig=)(?!\[redacted\])[^\s\"'&;,<>]+", rf"\1{MARK}"),
    _rule("sig%3d", r"(sig%3d)[\w.~%+/=-]+?(?=%26|[^\w.~%+/=-]|$)", rf"\1{MARK}"),
    # The key of a function, in an address.
    _rule("code=", r"([?&]code=)(?!\[redacted\])[^\s\"'&;,<>]{8,}", rf"\1{MARK}"),
    # Connection strings of Azure, drivers and command lines, fields of forms and of JSON.
    _named("key", "(?:account|sharedaccess|access|instrumentation|(?:x-)?api|primary|secondary|signing|private)[_-]?key"),
    _named("passw", "passw(?:or)?d"),
    _named("pwd", "pwd"),
    _named("secret", "secret"),
    _named("token", "(?:access|refresh|id|sas|bearer|auth)_?token"),
    _named("signature", "(?:sharedaccess)?signature"),
    _named("assertion", "(?:client_)?assertion"),
    # user:password@ in any address; the password may hold anything but what ends an authority.
    _rule("://", r"(\b[a-z][a-z0-9+.-]{0,30}://[^\s:/?#@\"'<>]*:)[^\s/?#\"'<>]+(?=@)", rf"\1{MARK}"),
)

# Names under which nothing is shown at all, whatever its form.
_SECRET_NAMES = re.compile(
    r"(?:^|[._-])(?:authorization|cookie|set-cookie|password|passwd|pwd|secret|client_secret|api_?key|access_?key|account_?key"
    r"|private_?key|access_?token|refresh_?token|id_?token|token|connection_?string|credentials?|x-identity-header|sig)$",
    re.IGNORECASE,
)
_SECRET_PART = re.compile("key|sig|password|secret|token", re.IGNORECASE)
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
# Variables by which Azure hands secrets to a process beside our own settings.
PLATFORM_SECRETS = (
    "IDENTITY_HEADER",
    "MSI_SECRET",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "AZUREWEBJOBSSTORAGE",
    "WEBSITE_AUTH_ENCRYPTION_KEY",
    "CONTAINER_ENCRYPTION_KEY",
    "OTEL_EXPORTER_OTLP_HEADERS",
)


class _Values:
    """Secrets this process was given, in all spellings; read without a lock, since the tuple is replaced as a whole."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: set[str] = set()
        self._passing: OrderedDict[str, None] = OrderedDict()
        self.spellings: tuple[str, ...] = ()

    def add(self, value: str) -> None:
        with self._lock:
            self._known |= _long_spellings(value)
            self._sort()

    def add_passing(self, value: str) -> None:
        with self._lock:
            is_new = value not in self._passing
            self._passing[value] = None
            self._passing.move_to_end(value)
            if is_new:
                while len(self._passing) > _MOST_PASSING:
                    self._passing.popitem(last=False)
                self._sort()

    def _sort(self) -> None:
        known = self._known.union(*map(_long_spellings, self._passing))
        # The longest first, or a part of a secret would hide the rest of it from view.
        self.spellings = tuple(sorted(known, key=len, reverse=True))


_values = _Values()


def register(value: str) -> None:
    """Never show ``value`` again, in any of its spellings; of an address only the password counts.

    Values shorter than six characters are left alone: they are words, too.
    """
    for part in _secret_parts(value):
        _values.add(part)


def register_passing(value: str) -> None:
    """Do not show ``value``, a secret that is only passing through, while it is among the newest of its kind.

    Whoever sends such values must not be able to blacken the log of others: what could be a word is left alone.
    """
    if len(value) >= _SHORTEST_PASSING and any(char.isdigit() for char in value):
        _values.add_passing(value)


def register_secrets_of(model: BaseModel) -> None:
    """Register every secret field of ``model``, and what the platform hands to this process beside it."""
    for field in type(model).model_fields:
        value = getattr(model, field)
        if isinstance(value, SecretStr):
            register(value.get_secret_value())
    for name, value in os.environ.items():
        if name.upper() in PLATFORM_SECRETS:
            register(value)


def redact(text: str) -> str:
    """Return ``text`` without its secrets; never raises."""
    try:
        for spelling in _values.spellings:
            if spelling in text:
                text = text.replace(spelling, MARK)
        lowered = text.lower()
        for hint, pattern, replacement in _RULES:
            if hint in lowered:
                text = pattern.sub(replacement, text)
    except Exception:  # noqa: BLE001 - a text that cannot be looked at is not shown
        return MARK
    return text


def redact_value(value: Any, *, name: str = "") -> Any:
    """Return ``value`` without its secrets: texts redacted, mappings and sequences item by item, numbers as they are.

    What has a secret's ``name`` is not shown at all. Objects of other kinds become their redacted text. Never raises.
    """
    try:
        return _redacted(value, name, 0)
    except Exception:  # noqa: BLE001 - a value that cannot be looked at is not shown
        return MARK


def redact_error(error: BaseException) -> str:
    """Return what ``error`` says, with its kind, on one line and without secrets."""
    try:
        text = " ".join(str(error).split())
    except Exception:  # noqa: BLE001 - errors of others may be unable to describe themselves
        text = ""
    return redact(f"{type(error).__name__}: {text}" if text else type(error).__name__)


def _redacted(value: Any, name: str, depth: int) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if name and _SECRET_NAMES.search(name):
        return MARK
    if isinstance(value, Mapping) and depth < _DEEPEST:
        return {_key(key): _redacted(item, str(key), depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset) and depth < _DEEPEST:
        return [_redacted(item, name, depth + 1) for item in value]
    return redact(_text(value))


def _text(value: Any) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", "backslashreplace")
    if isinstance(value, BaseException):
        return redact_error(value)
    return str(value)


def _key(key: Any) -> Any:
    return redact(key) if isinstance(key, str) else key


def _secret_parts(value: str) -> list[str]:
    """Return what is secret in ``value``: of an address its password, of ``name=value;name=value`` also single values."""
    if not _ADDRESS.match(value):
        parts = re.split("[;,]", value)
        pairs = [part.partition("=") for part in parts]
        # Of a list of keys each one.
        keys = [part.strip() for part in parts if len(part.strip()) >= _SHORTEST_KEY]
        return [value, *keys, *(given for name, _, given in pairs if _SECRET_PART.search(name))]
    try:
        address = urlsplit(value)
        parts = [given for name, given in parse_qsl(address.query) if _SECRET_PART.search(name)]
        password = address.password or ""
    except ValueError:
        return [value]
    return [*parts, password, unquote(password)]


def _long_spellings(value: str) -> set[str]:
    return {spelling for spelling in _spellings(value) if len(spelling) >= _SHORTEST_VALUE}


def _spellings(value: str) -> set[str]:
    """Return ``value`` as it is, and as addresses, forms, JSON and ``repr`` write it."""
    if not value:
        return set()
    ways: tuple[Callable[[str], str], ...] = (
        str,
        lambda text: quote(text, safe=""),
        quote,
        quote_plus,
        lambda text: json.dumps(text)[1:-1],
        lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
        lambda text: repr(text)[1:-1],
        lambda text: repr(text.encode())[2:-1],
    )
    found = {way(value) for way in ways}
    return found | {spelling.lower() for spelling in (quote(value, safe=""),) if "%" in spelling}
