"""PNG logos: decoded within limits and written anew, so that nothing but the picture is left."""

import io
import struct

from PIL import Image

from shared.branding.branding import Logo
from shared.branding.errors import LogoRefusedError

MAX_SIDE_PIXELS = 8_192
MAX_PIXELS = 16_000_000
"""Decoded, this is 64 MB; more would let a small file take a process down."""

KEPT_PIXELS = (1_600, 800)
"""What a logo is made to fit: on the 60 mm that it is printed on this is more than any printer shows."""

_HEADER = struct.Struct(">II")
_HEADER_START = 16


def cleaned_png(content: bytes) -> Logo:
    """Return the picture without anything else the file holds; raises :class:`LogoRefusedError`."""
    if len(content) < _HEADER_START + _HEADER.size:
        raise _damaged()
    # Read from the file itself: Pillow would only warn of a picture that is too large.
    width, height = _HEADER.unpack_from(content, _HEADER_START)
    if not (0 < width <= MAX_SIDE_PIXELS and 0 < height <= MAX_SIDE_PIXELS and width * height <= MAX_PIXELS):
        raise LogoRefusedError(
            f"The logo has {width:,} × {height:,} pixels, more than can be taken.",
            next_step=f"Make it smaller: {KEPT_PIXELS[0]:,} × {KEPT_PIXELS[1]:,} pixels are enough.",
        )
    try:
        with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
            image.load()
            picture = image.convert("RGBA" if image.has_transparency_data else "RGB")
    except Exception as error:
        # Damaged files raise of all kinds: OSError, SyntaxError, ValueError, struct.error.
        raise _damaged() from error
    picture.thumbnail(KEPT_PIXELS, Image.Resampling.LANCZOS)
    picture.info.clear()
    written = io.BytesIO()
    picture.save(written, format="PNG", optimize=True)
    return Logo(media_type="image/png", content=written.getvalue(), width=picture.width, height=picture.height)


def _damaged() -> LogoRefusedError:
    return LogoRefusedError("The PNG file is damaged.", next_step="Save the logo anew as PNG and send it again.")
