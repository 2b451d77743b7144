"""What a report looks like, ready for its templates: colours that can be read, a clean logo, a font family, words."""

from enum import StrEnum
from functools import cached_property

import msgspec

from shared.branding.colours import mixed, readable_on
from shared.language.marking import marked

DEFAULT_PRIMARY = "#0e2b3d"
DEFAULT_ACCENT = "#0b6e8f"
DEFAULT_TITLE = marked("Azure Advisor report")
"""Of reports for which neither the order nor the branding names one."""
WHITE = "#ffffff"
PANEL = "#f5f7f9"
"""The darkest light background that the accent colour is printed on."""
DARK_PAPER = "#10181f"
"""The background of a page that is read in the dark."""
DARK_PANEL = "#18232c"


class FontFamily(StrEnum):
    """The families that a report can be set in; each is bundled, and other scripts fall back to Noto's."""

    NOTO_SANS = "Noto Sans"
    SOURCE_SERIF = "Source Serif 4"
    IBM_PLEX_SANS = "IBM Plex Sans"


class Logo(msgspec.Struct, frozen=True, kw_only=True):
    """A logo that was checked and cleaned; both kinds stand alone and load nothing."""

    media_type: str
    """``image/png`` or ``image/svg+xml``."""
    content: bytes
    width: float
    """In pixels; only its ratio to ``height`` matters."""
    height: float

    @property
    def extension(self) -> str:
        """The extension a file of this kind has."""
        return "svg" if self.media_type == "image/svg+xml" else "png"


class Palette(msgspec.Struct, frozen=True, kw_only=True):
    """Two colours and what follows from them; every pair that is printed as text has a contrast of 4.5 or more."""

    primary: str
    """Of the cover and of headings: white text can be read on it, and it can be read on white."""
    accent: str
    """Of links, lines and small headings on white and on :data:`PANEL`."""
    on_primary: str
    """Of titles on the cover."""
    quiet_on_primary: str
    """Of what is less important on the cover."""
    accent_on_primary: str
    """Of small headings on the cover."""
    accent_on_dark: str
    """The accent colour where the page is read in the dark, on :data:`DARK_PAPER` and :data:`DARK_PANEL`."""

    @classmethod
    def of(cls, primary: str, accent: str) -> "Palette":
        """Return the palette nearest to the two colours in which everything can be read."""
        cover = readable_on(primary, WHITE)
        return cls(
            primary=cover,
            accent=readable_on(accent, PANEL),
            on_primary=WHITE,
            quiet_on_primary=readable_on(mixed(WHITE, cover, 0.2), cover),
            accent_on_primary=readable_on(mixed(accent, WHITE, 0.5), cover),
            accent_on_dark=readable_on(accent, DARK_PANEL),
        )


class Branding(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The look of one report: what its client wants, else what its tenant wants, else the product's own."""

    primary: str = DEFAULT_PRIMARY
    """As wanted; print :attr:`palette`, in which it is corrected."""
    accent: str = DEFAULT_ACCENT
    font: FontFamily = FontFamily.NOTO_SANS
    title: str = ""
    """Stands on reports that are ordered without a title of their own; ``""`` for the product's."""
    cover_text: str = ""
    footer: str = ""
    contact: str = ""
    language: str = "en"
    """What a report is written in where its order names no language; a resolved tag."""
    logo: Logo | None = None

    @cached_property
    def palette(self) -> Palette:
        """The colours to print."""
        return Palette.of(self.primary, self.accent)

    @property
    def corrections(self) -> tuple[tuple[str, str, str], ...]:
        """Return the colours that could not be read as wanted: which, as wanted, as printed."""
        pairs = (("primary", self.primary, self.palette.primary), ("accent", self.accent, self.palette.accent))
        return tuple(pair for pair in pairs if pair[1] != pair[2])


PLAIN = Branding()
"""The product's own look."""
