"""The logo as the one kind of image that slides and mails can hold."""

from typing import Any

import typst

from shared.branding.branding import Logo

_PIXELS_PER_INCH = 300.0
_DRAWING = b'#set page(width: auto, height: auto, margin: 0pt, fill: none)\n#image("logo.svg", width: 240pt)'


def png_of(logo: Logo) -> bytes:
    """Return a logo as PNG; an SVG (cleaned when it came in) is drawn large enough for a wall."""
    if logo.extension != "svg":
        return logo.content
    files: Any = {"main.typ": _DRAWING, "logo.svg": logo.content}
    drawn = typst.compile(files, format="png", ppi=_PIXELS_PER_INCH, ignore_system_fonts=True)
    assert isinstance(drawn, bytes)  # noqa: S101  (one page was asked for)
    return drawn
