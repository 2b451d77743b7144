"""Logos: what a file given as one becomes, whatever it holds."""

import msgspec

from shared.branding.branding import Logo
from shared.branding.errors import LogoRefusedError

MAX_LOGO_BYTES = 512 * 1024
"""Of the file as it is given. A logo is stored and printed with every report: larger ones are photographs."""

_PNG_START = b"\x89PNG\r\n\x1a\n"
_SVG_HEAD_BYTES = 4096


class CleanedLogo(msgspec.Struct, frozen=True):
    """A logo made safe, and what had to go for that."""

    logo: Logo
    removed: tuple[str, ...] = ()
    """Names of what was left out, such as ``script``; empty for most logos."""


def cleaned(content: bytes) -> CleanedLogo:
    """Return the logo that a PNG or SVG file holds, told by its content; raises :class:`LogoRefusedError`."""
    if len(content) > MAX_LOGO_BYTES:
        raise LogoRefusedError(
            f"The logo has {len(content):,} bytes, more than the {MAX_LOGO_BYTES:,} allowed.",
            next_step="Send a smaller picture, or the logo as SVG.",
        )
    # Imported where a logo comes in: the front starts without libxml2 and Pillow.
    if content.startswith(_PNG_START):
        from shared.branding.png import cleaned_png  # noqa: PLC0415

        return CleanedLogo(cleaned_png(content))
    if b"<svg" in content[:_SVG_HEAD_BYTES]:
        from shared.branding.svg import cleaned_svg  # noqa: PLC0415

        return cleaned_svg(content)
    raise LogoRefusedError("The file is neither PNG nor SVG.", next_step="Save the logo as PNG or SVG and send it again.")
