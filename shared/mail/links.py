"""Links in mails that need no sign-in: what they allow stands in them, signed with a key of the tenant's own."""

import base64
import binascii
import hashlib
import hmac
import time
from dataclasses import dataclass
from typing import ClassVar, Self, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from shared.mail.kinds import MailKind
from shared.reports import ReportFormat
from shared.settings import Settings

MAX_TOKEN_CHARS = 300
_ID_BYTES = 16
_EXPIRY_BYTES = 8
ADDRESS_MARK_BYTES = 16
"""Of the SHA-256 of an address in lower case: enough to know it again, and nothing that a log of requests gives away."""


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Lets its holder end one kind of mail, or all, for the address that the mail went to.

    It does not expire, as old mails must do as well; and it is about that address even where its recipient has another now.
    """

    purpose: ClassVar[str] = "u"
    tenant_id: UUID
    recipient_id: UUID
    address_mark: bytes
    kind: MailKind

    @classmethod
    def of(cls, tenant_id: UUID, recipient_id: UUID, address: str, kind: MailKind) -> Self:
        """Return what a mail to ``address`` grants."""
        mark = hashlib.sha256(address.lower().encode()).digest()[:ADDRESS_MARK_BYTES]
        return cls(tenant_id, recipient_id, mark, kind)

    def packed(self) -> bytes:
        """Return what is signed, after the tenant."""
        return self.recipient_id.bytes + self.address_mark + self.kind.value.encode()

    @classmethod
    def unpacked(cls, tenant_id: UUID, packed: bytes) -> Self:
        """Return the opposite of :meth:`packed`; raises ``ValueError``."""
        mark, kind = packed[_ID_BYTES:][:ADDRESS_MARK_BYTES], packed[_ID_BYTES + ADDRESS_MARK_BYTES :]
        return cls(tenant_id, UUID(bytes=packed[:_ID_BYTES]), mark, MailKind(kind.decode()))


@dataclass(frozen=True, slots=True)
class File:
    """Lets its holder read one file of a report until it expires."""

    purpose: ClassVar[str] = "f"
    tenant_id: UUID
    report_id: UUID
    format: ReportFormat
    expires_at: int
    """Seconds since 1970."""

    @property
    def is_expired(self) -> bool:
        """Whether its time is over."""
        return time.time() >= self.expires_at

    def packed(self) -> bytes:
        """Return what is signed, after the tenant."""
        return self.report_id.bytes + self.expires_at.to_bytes(_EXPIRY_BYTES, "big") + self.format.value.encode()

    @classmethod
    def unpacked(cls, tenant_id: UUID, packed: bytes) -> Self:
        """Return the opposite of :meth:`packed`; raises ``ValueError``."""
        expiry = packed[_ID_BYTES : _ID_BYTES + _EXPIRY_BYTES]
        if len(expiry) < _EXPIRY_BYTES:
            raise ValueError("too short")
        file_format = ReportFormat(packed[_ID_BYTES + _EXPIRY_BYTES :].decode())
        return cls(tenant_id, UUID(bytes=packed[:_ID_BYTES]), file_format, int.from_bytes(expiry, "big"))


_Grant = TypeVar("_Grant", Unsubscribe, File)
_PATHS = {"u": "/api/v1/mail/unsubscribe", "f": "/api/v1/mail/file"}


def address_of(settings: Settings) -> str:
    """Return the address of this installation as people reach it."""
    return (settings.public_url or settings.api_url).rstrip("/")


def link_to(settings: Settings, grant: Unsubscribe | File, key: bytes) -> str:
    """Return the link that carries ``grant``."""
    return f"{address_of(settings)}{_PATHS[grant.purpose]}?{query_of(grant, key)}"


def query_of(grant: Unsubscribe | File, key: bytes) -> str:
    """Return the query of a link; the name of the signature is one that logs never show."""
    content = grant.tenant_id.bytes + grant.packed()
    return urlencode({"t": _encoded(content), "sig": _encoded(_signature(grant.purpose, content, key))})


def tenant_of(token: str) -> UUID:
    """Return whose key a token has to be checked with; raises ``ValueError`` for what is none."""
    return UUID(bytes=_decoded(token)[:_ID_BYTES])


def opened(kind: type[_Grant], token: str, signature: str, key: bytes) -> _Grant:
    """Return what a token grants; raises ``ValueError`` where it was not made here, for this purpose, with this key."""
    content = _decoded(token)
    if not hmac.compare_digest(_decoded(signature), _signature(kind.purpose, content, key)):
        raise ValueError("the signature does not fit")
    return kind.unpacked(UUID(bytes=content[:_ID_BYTES]), content[_ID_BYTES:])


def _signature(purpose: str, content: bytes, key: bytes) -> bytes:
    return hmac.new(key, purpose.encode() + content, hashlib.sha256).digest()


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    if len(text) > MAX_TOKEN_CHARS or not text.isascii():
        raise ValueError("no token")
    try:
        return base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("no token") from error
