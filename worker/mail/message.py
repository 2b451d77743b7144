"""A letter as the message that the relay takes: text and HTML side by side, logo, attachments, headers that hold."""

import io
from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache

import msgspec
from PIL import Image

from shared.branding.branding import Logo
from shared.errors import AdvisorReportsError
from worker.mail.drawing import LOGO_ID
from worker.mail.letter import Attachment
from worker.reports.logo_png import png_of

_MAX_SUBJECT_CHARS = 200
_MAX_NAME_CHARS = 100
# Logos are pictures of a name: what has more is none, and mails above 100 kB are cut by some readers.
_MAX_LOGO_BYTES = 60_000
_LOGO_HEIGHT = 40
_LOGO_WIDTH = 240
# Twice as many points as are shown, for screens that have them.
_DENSITY = 2


class Picture(msgspec.Struct, frozen=True):
    """A logo ready for a mail, and the size at which it is shown."""

    png: bytes
    size: tuple[int, int]


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """From whom, to whom, when, and how to end it."""

    message_id: str
    sent_at: datetime
    sender: str
    sender_name: str
    reply_to: str
    recipient: str
    recipient_name: str
    subject: str
    language: str
    unsubscribe_url: str = ""


# Typst, which draws SVGs, keeps memory each time: a thousand mails need the same picture once.
@lru_cache(64)
def picture_of(logo: Logo | None) -> Picture | None:
    """Return a logo as mails can show it, ``None`` where it cannot be: the sender's name then stands in its place."""
    if logo is None:
        return None
    try:
        with Image.open(io.BytesIO(png_of(logo))) as image:
            shrunk = min(_LOGO_WIDTH / image.width, _LOGO_HEIGHT / image.height)
            size = (max(round(image.width * shrunk), 1), max(round(image.height * shrunk), 1))
            small = image.convert("RGBA").resize((size[0] * _DENSITY, size[1] * _DENSITY), Image.Resampling.LANCZOS)
        target = io.BytesIO()
        small.save(target, "PNG", optimize=True)
    except (OSError, ValueError, RuntimeError, AdvisorReportsError):
        return None
    return Picture(target.getvalue(), size) if len(target.getvalue()) <= _MAX_LOGO_BYTES else None


def message_of(
    envelope: Envelope, text: str, html: str, picture: Picture | None, attachments: Sequence[Attachment] = ()
) -> bytes:
    """Return the message, every line of it in ASCII and below the length that relays take."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(_line(envelope.sender_name, _MAX_NAME_CHARS), addr_spec=envelope.sender)
    message["To"] = Address(_line(envelope.recipient_name, _MAX_NAME_CHARS), addr_spec=envelope.recipient)
    if envelope.reply_to:
        message["Reply-To"] = Address(addr_spec=envelope.reply_to)
    message["Subject"] = _line(envelope.subject, _MAX_SUBJECT_CHARS)
    message["Date"] = format_datetime(envelope.sent_at)
    # RFC 3834: so that nobody's absence is answered to it.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(text, cte=_encoding_of(text))
    message.add_alternative(html, subtype="html", cte=_encoding_of(html))
    if picture is not None:
        page = message.get_payload()[1]  # type: ignore[index]
        page.add_related(picture.png, "image", "png", cid=f"<{LOGO_ID}>", filename="logo.png", disposition="inline")  # type: ignore[union-attr]
    for attachment in attachments:
        maintype, _, subtype = attachment.content_type.partition(";")[0].strip().partition("/")
        message.add_attachment(attachment.content, maintype, subtype, filename=_line(attachment.file_name, 200))
    # Last: what makes parts of a message takes such headers of the whole for its own.
    message["Content-Language"] = envelope.language
    return _unfolded(envelope) + message.as_bytes()


def _unfolded(envelope: Envelope) -> bytes:
    """Return the headers whose values are one long word, which folding would tear apart or encode."""
    headers = {"Message-ID": envelope.message_id}
    if envelope.unsubscribe_url:
        # RFC 8058: mail programs may end it with one request, and without asking anybody.
        headers |= {
            "List-Unsubscribe": f"<{envelope.unsubscribe_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    for value in headers.values():
        if not (value.isascii() and value.isprintable()):
            raise ValueError("a header of ours holds what headers cannot")
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("ascii")


def _line(text: str, most_chars: int) -> str:
    """Return ``text`` as one line: whatever could end a header becomes a blank."""
    clean = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return clean if len(clean) <= most_chars else clean[: most_chars - 1] + "…"


def _encoding_of(text: str) -> str:
    # Quoted-printable stays legible; of a script that has no ASCII it makes three times as much as base64.
    return "quoted-printable" if sum(map(str.isascii, text)) > 0.7 * len(text) else "base64"
