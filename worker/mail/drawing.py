"""A letter as HTML and as text: one template each, in the colours and words that the branding wants."""

import re
from functools import cache
from pathlib import Path

import jinja2
import msgspec

from shared.branding.branding import DARK_PANEL, DARK_PAPER, PANEL, Branding
from shared.branding.colours import readable_on
from worker.mail.letter import Letter, Tone

_TEMPLATES_DIR = Path(__file__).with_name("templates")
# Each can be read on the paper that it stands on, as text could.
_TONES = {
    Tone.GOOD: ("#1a7f37", "#4ac26b"),
    Tone.ATTENTION: ("#b42318", "#ff8a80"),
}
_LINES = re.compile(r"\n{3,}")
LOGO_ID = "logo"


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What stands around a letter: whose it is, for whom, how to end it."""

    language: str
    """As ``lang`` has it."""
    direction: str
    sender: str
    greeting: str
    reason: str
    """Why the reader gets it."""
    unsubscribe_label: str = ""
    unsubscribe_url: str = ""
    logo_size: tuple[int, int] | None = None
    """Width and height in pixels; the picture comes with the mail."""


class Colours(msgspec.Struct, frozen=True, kw_only=True):
    """The colours of a mail, by day and in the dark."""

    page: str = PANEL
    paper: str = "#ffffff"
    text: str = "#1b2733"
    quiet: str = "#51606d"
    line: str = "#d9e0e6"
    accent: str
    on_accent: str = "#ffffff"
    tone: str
    band: str
    on_band: str
    dark_page: str = DARK_PAPER
    dark_paper: str = DARK_PANEL
    dark_text: str = "#e6edf3"
    dark_quiet: str = "#a9b6c2"
    dark_line: str = "#33414d"
    dark_accent: str
    dark_on_accent: str = DARK_PAPER
    dark_tone: str

    @classmethod
    def of(cls, branding: Branding, tone: Tone) -> "Colours":
        """Return the colours for a letter of this tone."""
        palette = branding.palette
        light, dark = _TONES.get(tone, (palette.accent, palette.accent_on_dark))
        return cls(
            accent=readable_on(palette.accent, "#ffffff"),
            tone=light,
            band=palette.primary,
            on_band=palette.on_primary,
            dark_accent=palette.accent_on_dark,
            dark_tone=dark,
        )


def html_of(letter: Letter, around: Surroundings, branding: Branding) -> str:
    """Return the letter as a page that needs nothing from anywhere else."""
    colours = Colours.of(branding, letter.tone)
    return (
        _environment()
        .get_template("letter.html")
        .render(letter=letter, around=around, colours=colours, branding=branding, logo_id=LOGO_ID)
    )


def text_of(letter: Letter, around: Surroundings, branding: Branding) -> str:
    """Return the letter as text."""
    drawn = _environment().get_template("letter.txt").render(letter=letter, around=around, branding=branding)
    return _LINES.sub("\n\n", drawn).strip() + "\n"


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES_DIR),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
