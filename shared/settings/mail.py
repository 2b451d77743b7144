"""What an address of mail must be, for settings and for recipients alike."""

import re

import idna

MAX_ADDRESS_CHARS = 254
"""RFC 5321, 4.5.3.1.3, without the angle brackets."""
_MAX_LOCAL_CHARS = 64
# RFC 5322, 3.2.3: what everybody's mailboxes are made of. Quoted ones exist, and no mailbox that people use has them.
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


def checked_mail_address(given: str) -> str:
    """Return an address in ASCII, its domain in lower case; raises ``ValueError`` with a sentence that names no address."""
    address = given.strip()
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain:
        raise ValueError("must be one address such as name@example.com")
    if not local.isascii():
        # That needs SMTPUTF8 on the whole way, which no sender can know beforehand.
        raise ValueError("must have only ASCII characters before the @; the domain may have others")
    if len(local) > _MAX_LOCAL_CHARS or not _LOCAL.fullmatch(local):
        raise ValueError("has before the @ what no address of mail has")
    try:
        encoded = idna.encode(domain.rstrip("."), uts46=True, std3_rules=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        raise ValueError("has after the @ no name of a domain") from None
    if "." not in encoded or encoded.rpartition(".")[2].isdigit():
        raise ValueError("must name a domain such as example.com after the @")
    checked = f"{local}@{encoded}"
    if len(checked) > MAX_ADDRESS_CHARS:
        raise ValueError(f"must have {MAX_ADDRESS_CHARS} characters at most")
    return checked
