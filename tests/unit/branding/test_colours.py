"""Colours are corrected as little as makes them readable."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.branding.branding import DARK_PANEL, DARK_PAPER, PANEL, WHITE, Branding, Palette
from shared.branding.colours import ColourInvalidError, colour_of, contrast, mixed, readable_on

COLOURS = st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}")


def test_contrast_is_that_of_the_web_guidelines() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)
    assert contrast("#abcdef", "#abcdef") == 1


@settings(max_examples=60)
@given(primary=COLOURS, accent=COLOURS)
def test_whatever_two_colours_are_wanted_everything_can_be_read(primary: str, accent: str) -> None:
    palette = Palette.of(primary, accent)
    printed = [
        (palette.primary, WHITE),
        (palette.accent, WHITE),
        (palette.accent, PANEL),
        (palette.on_primary, palette.primary),
        (palette.quiet_on_primary, palette.primary),
        (palette.accent_on_primary, palette.primary),
        (palette.accent_on_dark, DARK_PAPER),
        (palette.accent_on_dark, DARK_PANEL),
    ]
    assert all(contrast(text, background) >= 4.5 for text, background in printed)


@settings(max_examples=60)
@given(colour=COLOURS)
def test_a_corrected_colour_is_no_further_away_than_needed(colour: str) -> None:
    corrected = readable_on(colour, WHITE)
    if corrected != colour:
        assert contrast(corrected, WHITE) < 4.7


def test_a_readable_colour_stays_and_a_pale_one_keeps_its_hue() -> None:
    assert Branding(primary="#14532d", accent="#9a3412").corrections == ()
    (which, wanted, printed), *others = Branding(primary="#ffc107", accent="#0b6e8f").corrections
    assert (which, wanted, others) == ("primary", "#ffc107", [])
    red, green, blue = (int(printed[start : start + 2], 16) for start in (1, 3, 5))
    assert red > green > blue


@pytest.mark.parametrize(("given_as", "colour"), [("#ABC", "#aabbcc"), (" #0B6E8F ", "#0b6e8f")])
def test_colours_are_kept_in_one_form(given_as: str, colour: str) -> None:
    assert colour_of(given_as) == colour


@pytest.mark.parametrize("given_as", ["", "red", "#12345", "#12345678", "url(#a)", "#0b6e8f;color:red"])
def test_what_is_no_colour_is_said_to_be_none(given_as: str) -> None:
    with pytest.raises(ColourInvalidError, match="no colour"):
        colour_of(given_as)


def test_mixing_goes_from_one_colour_to_the_other() -> None:
    assert mixed("#123456", "#fedcba", 0) == "#123456"
    assert mixed("#123456", "#fedcba", 1) == "#fedcba"
