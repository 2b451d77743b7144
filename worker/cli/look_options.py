"""Options of the command line for a report's language and look."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from shared.branding.branding import Branding, FontFamily, Logo
from shared.branding.colours import colour_of
from shared.branding.logos import MAX_LOGO_BYTES, cleaned
from shared.branding.wishes import MAX_CONTACT_CHARS, MAX_COVER_TEXT_CHARS, MAX_FOOTER_CHARS
from shared.errors import InvalidRequestError
from shared.language.tags import LANGUAGES, SOURCE_LANGUAGE, resolve

_Command = TypeVar("_Command", bound=Callable[..., Any])


class _LanguageType(click.ParamType[Any]):
    name = "tag"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return str(_checked(self, resolve, value, param, ctx))


class _ColourType(click.ParamType[Any]):
    name = "#rrggbb"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return str(_checked(self, colour_of, value, param, ctx))


class _LogoType(click.ParamType[Any]):
    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Logo:
        if isinstance(value, Logo):
            return value
        logo: Logo = _checked(self, _read_logo, value, param, ctx)
        return logo


class _TextType(click.ParamType[Any]):
    name = "text"

    def __init__(self, max_chars: int) -> None:
        self._max_chars = max_chars

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value).strip()
        if len(text) > self._max_chars:
            self.fail(f"has {len(text):,} characters, more than the {self._max_chars:,} there is room for.", param, ctx)
        return text


def look_options(command: _Command) -> _Command:
    """Add ``--language`` and the options of a branding; the command gets them as ``language`` and ``**look``."""
    options = (
        click.option(
            "--language",
            type=_LanguageType(),
            default=SOURCE_LANGUAGE,
            show_default=True,
            help=f"Language of the report: {', '.join(LANGUAGES)}; a region may follow, as in de-AT.",
        ),
        click.option("--logo", type=_LogoType(), help="PNG or SVG file to print on the cover."),
        click.option(
            "--colour",
            "colours",
            type=_ColourType(),
            multiple=True,
            help="Colour of cover and headings; given again, of links and bars. Shades that cannot be read are corrected.",
        ),
        click.option(
            "--font",
            type=click.Choice([family.value for family in FontFamily], case_sensitive=False),
            default=FontFamily.NOTO_SANS.value,
            show_default=True,
            metavar="FAMILY",
            help=f"Font family of the report: {', '.join(FontFamily)}.",
        ),
        click.option("--cover-text", type=_TextType(MAX_COVER_TEXT_CHARS), default="", help="Text on the cover."),
        click.option("--footer", type=_TextType(MAX_FOOTER_CHARS), default="", help="Text at the foot of every page."),
        click.option("--contact", type=_TextType(MAX_CONTACT_CHARS), default="", help="Whom to turn to."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def branding_from(
    *, logo: Logo | None, colours: tuple[str, ...], font: str, cover_text: str, footer: str, contact: str
) -> Branding:
    """Return the branding that the options come to, and say which colours are printed in another shade."""
    if len(colours) > 2:
        raise click.BadParameter("There are two colours at most.", param_hint="--colour")
    wanted = dict(zip(("primary", "accent"), colours, strict=False))
    branding = Branding(
        **wanted,
        font=FontFamily(font),
        cover_text=cover_text,
        footer=footer,
        contact=contact,
        logo=logo,
    )
    for which, given, printed in branding.corrections:
        click.echo(f"Note: the {which} colour {given} is too pale to be read and is printed as {printed}.", err=True)
    return branding


def _checked(
    kind: click.ParamType[Any],
    convert: Callable[[str], Any],
    value: Any,
    param: click.Parameter | None,
    ctx: click.Context | None,
) -> Any:
    try:
        return convert(str(value))
    except InvalidRequestError as error:
        kind.fail(f"{error.message} {error.next_step}".strip(), param, ctx)


def _read_logo(name: str) -> Logo:
    try:
        with Path(name).open("rb") as file:
            content = file.read(MAX_LOGO_BYTES + 1)
    except OSError as error:
        raise InvalidRequestError(f"{name} could not be read: {error.strerror or error}.") from error
    taken = cleaned(content)
    if taken.removed:
        click.echo(f"Note: left out of {name} for safety: {', '.join(taken.removed)}.", err=True)
    return taken.logo
