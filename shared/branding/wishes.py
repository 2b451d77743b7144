"""What a tenant and a client wish, and what comes out of both."""

from collections.abc import Iterable
from typing import Any

import msgspec

from shared.branding.branding import Branding, FontFamily, Logo

# What a cover and a page's foot have room for: nothing that was taken is cut when it is printed.
MAX_TITLE_CHARS = 160
MAX_COVER_TEXT_CHARS = 600
MAX_FOOTER_CHARS = 120
MAX_CONTACT_CHARS = 300


class StoredLogo(msgspec.Struct, frozen=True, kw_only=True):
    """A logo's file in Blob storage."""

    path: str
    media_type: str
    width: float
    height: float
    bytes: int
    sha256: str


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What one of them wishes; ``None`` leaves a field to the tenant, and in the end to the product, ``""`` empties it."""

    primary_colour: str | None = None
    accent_colour: str | None = None
    font: str | None = None
    title: str | None = None
    cover_text: str | None = None
    footer: str | None = None
    contact: str | None = None
    language: str | None = None
    logo: StoredLogo | None = None


NOTHING = Wishes()


def wishes_of(row: Any) -> Wishes:
    """Return the wishes that a database row or a mapping of its columns holds."""
    return msgspec.convert(row, Wishes, from_attributes=True)


def together(wishes: Iterable[Wishes]) -> Wishes:
    """Return the wishes of several, field by field: those of the first who has one."""
    found: dict[str, Any] = {}
    for one in wishes:
        for field in Wishes.__struct_fields__:
            if found.get(field) is None:
                found[field] = getattr(one, field)
    return Wishes(**found)


def branding_of(wishes: Wishes, logo: Logo | None = None) -> Branding:
    """Return the branding that ``wishes`` come to; ``logo`` is the file that they name, once it was read."""
    wanted = {
        "primary": wishes.primary_colour,
        "accent": wishes.accent_colour,
        # A family that a later release no longer has is no reason to make no report.
        "font": FontFamily(wishes.font) if wishes.font in set(FontFamily) else None,
        "title": wishes.title,
        "cover_text": wishes.cover_text,
        "footer": wishes.footer,
        "contact": wishes.contact,
        "language": wishes.language,
        "logo": logo,
    }
    return Branding(**{name: value for name, value in wanted.items() if value is not None})  # type: ignore[arg-type]
