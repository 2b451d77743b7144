"""Colours that can be read: contrast by WCAG, and the nearest shade that has enough of it."""

import re

from shared.errors import InvalidRequestError

Rgb = tuple[float, float, float]

TEXT_CONTRAST = 4.5
"""What WCAG 2.2 asks of text (1.4.3, level AA)."""

_HEX = re.compile(r"#([0-9a-f]{6}|[0-9a-f]{3})", re.IGNORECASE)
_STEPS = 24  # halvings of the way to black or white: far below what eight bits can tell apart


class ColourInvalidError(InvalidRequestError):
    """A colour is not written as one."""

    code = "colour_invalid"

    def __init__(self, given: str) -> None:
        super().__init__(f"{given[:30]!r} is no colour.", next_step="Write it in hexadecimal, such as #0b6e8f.")


def colour_of(given: str) -> str:
    """Return a colour in the one form used here, ``#rrggbb`` in small letters; raises :class:`ColourInvalidError`."""
    match = _HEX.fullmatch(given.strip())
    if match is None:
        raise ColourInvalidError(given)
    digits = match[1].lower()
    return f"#{digits if len(digits) == 6 else ''.join(digit * 2 for digit in digits)}"


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 (none) to 21 (black on white)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def readable_on(colour: str, background: str, wanted: float = TEXT_CONTRAST) -> str:
    """Return ``colour``, made darker or lighter by as little as gives it ``wanted`` contrast to ``background``.

    Hue stays as it is. The way is that of the eye: lightness in OKLab, so that the nearest shade is also seen as such. Where
    neither darker nor lighter shades reach ``wanted``, black or white is returned, whichever contrasts more.
    """
    if contrast(colour, background) >= wanted:
        return colour
    ways = [_nearest(colour, background, end, wanted) for end in (0.0, 1.0)]
    found = [way for way in ways if way is not None]
    if not found:
        return max("#000000", "#ffffff", key=lambda end: contrast(end, background))
    return min(found, key=lambda shade: abs(_lightness(shade) - _lightness(colour)))


def mixed(one: str, other: str, share: float) -> str:
    """Return ``one`` with ``share`` (0 to 1) of ``other`` in it."""
    pairs = zip(_oklab(one), _oklab(other), strict=True)
    return _hex_of(_from_oklab(tuple(mine + (its - mine) * share for mine, its in pairs)))  # type: ignore[arg-type]


def _nearest(colour: str, background: str, end: float, wanted: float) -> str | None:
    lightness, green_red, blue_yellow = _oklab(colour)

    def shade(way: float) -> str:
        return _hex_of(_shown((lightness + (end - lightness) * way, green_red, blue_yellow)))

    if contrast(shade(1.0), background) < wanted:
        return None
    near, far = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (near + far) / 2
        if contrast(shade(middle), background) >= wanted:
            far = middle
        else:
            near = middle
    return shade(far)


def _shown(lab: Rgb) -> Rgb:
    """Return what a screen can show of a colour: its own lightness, and as much of its chroma as there is room for."""
    lightness, green_red, blue_yellow = lab
    linear = _from_oklab(lab)
    for _ in range(_STEPS):
        if all(-0.0005 <= value <= 1.0005 for value in linear):
            break
        green_red, blue_yellow = green_red * 0.85, blue_yellow * 0.85
        linear = _from_oklab((lightness, green_red, blue_yellow))
    return linear


def _channels(colour: str) -> Rgb:
    """Return linear red, green and blue, each from 0 to 1 (IEC 61966-2-1)."""
    values = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in values)
    return red, green, blue


def _hex_of(linear: Rgb) -> str:
    values = (min(max(value, 0.0), 1.0) for value in linear)
    written = (12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055 for value in values)
    return "#" + "".join(f"{round(value * 255):02x}" for value in written)


def _luminance(colour: str) -> float:
    """Return the relative luminance as WCAG defines it."""
    red, green, blue = _channels(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _lightness(colour: str) -> float:
    return _oklab(colour)[0]


def _oklab(colour: str) -> Rgb:
    """Return lightness and the two colour axes of OKLab (CSS Color 4, section 9.2 and its sample code's matrices)."""
    red, green, blue = _channels(colour)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _from_oklab(lab: Rgb) -> Rgb:
    lightness, green_red, blue_yellow = lab
    long = (lightness + 0.3963377774 * green_red + 0.2158037573 * blue_yellow) ** 3
    medium = (lightness - 0.1055613458 * green_red - 0.0638541728 * blue_yellow) ** 3
    short = (lightness - 0.0894841775 * green_red - 1.2914855480 * blue_yellow) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
