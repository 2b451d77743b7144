"""Branding in and out."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from function_app.api.models.common import ONE_LINE, STORABLE, Given
from shared.branding.branding import DEFAULT_ACCENT, DEFAULT_PRIMARY, FontFamily
from shared.branding.colours import colour_of
from shared.branding.wishes import MAX_CONTACT_CHARS, MAX_COVER_TEXT_CHARS, MAX_FOOTER_CHARS, MAX_TITLE_CHARS
from shared.errors import AdvisorReportsError
from shared.language.tags import LANGUAGES, MAX_TAG_CHARS, resolve


def _colour(value: str) -> str:
    try:
        return colour_of(value)
    except AdvisorReportsError as error:
        raise ValueError(f"{error.message} {error.next_step}") from error


def _language(value: str) -> str:
    try:
        return resolve(value)
    except AdvisorReportsError as error:
        raise ValueError(f"{error.message} {error.next_step}") from error


_Colour = Annotated[str, StringConstraints(max_length=20), AfterValidator(_colour)]
LanguageTag = Annotated[str, StringConstraints(max_length=MAX_TAG_CHARS), AfterValidator(_language)]
_LANGUAGES = ", ".join(f"`{tag}`" for tag in LANGUAGES)


class BrandingWishes(Given):
    """What you wish; a field left out or `null` is the tenant's, and in the end the product's; `""` empties a text."""

    primary_colour: _Colour | None = Field(
        None,
        examples=["#14532d"],
        description=f"Of the cover and of headings, in hexadecimal; the product's is `{DEFAULT_PRIMARY}`.",
    )
    accent_colour: _Colour | None = Field(
        None, examples=["#b45309"], description=f"Of links, lines and bars; the product's is `{DEFAULT_ACCENT}`."
    )
    font: FontFamily | None = Field(None, description="One of the bundled families; other scripts are set in Noto's.")
    title: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_TITLE_CHARS), ONE_LINE] | None = Field(
        None, examples=["Cloud review"], description="Of reports that are ordered without a title."
    )
    cover_text: (
        Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_COVER_TEXT_CHARS), STORABLE] | None
    ) = Field(None, examples=["Prepared by Fabrikam Cloud Services."])
    footer: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_FOOTER_CHARS), STORABLE] | None = Field(
        None, examples=["Confidential"]
    )
    contact: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_CONTACT_CHARS), STORABLE] | None = Field(
        None, examples=["Fabrikam, cloud@fabrikam.example, +1 555 0100"]
    )
    language: LanguageTag | None = Field(
        None,
        examples=["de"],
        description=f"Of reports that are ordered without one: {_LANGUAGES}, each with or without a region, as in `de-AT`.",
    )


class LogoFacts(BaseModel):
    """A logo, as it was cleaned and kept."""

    media_type: str = Field(examples=["image/svg+xml"])
    width: float
    height: float
    bytes: int
    sha256: str = Field(description="Of the cleaned file, in hexadecimal.")


class ColourCorrection(BaseModel):
    """A colour that could not be read as you wish it, and the nearest shade that can."""

    field: str = Field(examples=["accent_colour"])
    wanted: str = Field(examples=["#ffc107"])
    printed: str = Field(examples=["#8b6a11"])
    reason: str


class EffectiveBranding(BaseModel):
    """What reports look like: your wishes, completed by the tenant's and the product's, colours corrected."""

    primary_colour: str
    accent_colour: str
    font: FontFamily
    title: str
    cover_text: str
    footer: str
    contact: str
    language: str
    has_logo: bool


class Branding(BaseModel):
    """A branding: what is wished here, and what comes out of it."""

    wishes: BrandingWishes
    logo: LogoFacts | None = Field(description="The logo kept here; `null` where there is none of its own.")
    effective: EffectiveBranding
    corrections: list[ColourCorrection] = Field(description="Colours that are printed in another shade, and why.")
    version: int = Field(description="Goes up with every change, 0 before the first; also the ETag.")
    updated_at: datetime | None


class LogoKept(BaseModel):
    """A logo that was taken, and the branding with it."""

    removed: list[str] = Field(
        examples=[["script"]], description="What the file held beside its picture, and was left out for safety."
    )
    branding: Branding
