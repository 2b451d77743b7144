"""Headers that an endpoint wants to be sent: bounded, and none by which a message could be made another."""

import re
from collections.abc import Mapping

from shared.errors import InvalidRequestError

MAX_HEADERS = 20
MAX_NAME_CHARS = 100
MAX_VALUE_CHARS = 1000
# RFC 9110, 5.6.2.
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# Those that frame the message or belong to this product.
_RESERVED = frozenset(
    {
        *("accept-encoding", "connection", "content-encoding", "content-length", "content-type", "expect", "host"),
        *("http2-settings", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "user-agent", "via"),
    }
)
_RESERVED_STARTS = ("webhook-", "x-webhook-", "proxy-")


class HeaderRefusedError(InvalidRequestError):
    """A header that is not sent to an endpoint."""

    code = "header_refused"


def checked(headers: Mapping[str, str]) -> dict[str, str]:
    """Return ``headers`` as they are sent; raises :class:`HeaderRefusedError`, which tells no value."""
    if len(headers) > MAX_HEADERS:
        raise HeaderRefusedError(f"More than {MAX_HEADERS} headers are given.", next_step="Leave some out.")
    seen: dict[str, str] = {}
    for name, value in headers.items():
        lower = name.lower()
        if len(name) > MAX_NAME_CHARS or not _TOKEN.fullmatch(name):
            raise HeaderRefusedError(
                "A header has a name that HTTP does not allow.", next_step="Use letters, digits and dashes, 100 at most."
            )
        if lower in _RESERVED or lower.startswith(_RESERVED_STARTS):
            raise HeaderRefusedError(f"The header {name} is this product's own.", next_step="Choose another name.")
        if lower in seen:
            raise HeaderRefusedError(f"The header {name} is given twice.", next_step="Names do not differ by case.")
        if len(value) > MAX_VALUE_CHARS or not (value.isascii() and value.isprintable()) or value != value.strip():
            raise HeaderRefusedError(
                f"The value of {name} is too long, or holds what a header cannot.",
                next_step=f"Use printable ASCII characters, {MAX_VALUE_CHARS:,} at most, without blanks around them.",
            )
        seen[lower] = name
    return dict(headers)
