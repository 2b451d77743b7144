"""The theme of the slides: what a consultant adds by hand gets the brand's colours and font too."""

import re
from typing import Any

from pptx.opc.constants import RELATIONSHIP_TYPE

from shared.branding.branding import Palette

_LATIN = re.compile(rb'(<a:(?:major|minor)Font>\s*<a:latin typeface=)"[^"]*"')


def dress(presentation: Any, palette: Palette, font: str) -> None:
    """Put the brand's two colours and its font in the theme."""
    theme = presentation.slide_master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    blob = _LATIN.sub(rb'\1"' + font.encode() + b'"', theme.blob)
    for name, colour in (("dk2", palette.primary), ("accent1", palette.accent), ("hlink", palette.accent)):
        slot = re.compile(rf"(<a:{name}>).*?(</a:{name}>)".encode(), re.DOTALL)
        value = f'<a:srgbClr val="{colour.removeprefix("#").upper()}"/>'.encode()
        blob = slot.sub(rb"\g<1>" + value + rb"\g<2>", blob)
    theme._blob = blob
