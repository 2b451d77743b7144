"""How words and shapes are put on a slide."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import PP_ALIGN
from pptx.oxml import parse_xml
from pptx.util import Pt

INK, MUTED, PANEL, WHITE = "#1b2733", "#586674", "#f5f7f9", "#ffffff"

# Office 2019 on: a shape that tells nothing is passed over by those who listen.
_DECORATIVE = (
    '<a:extLst xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
    '<a:ext uri="{C183D7F6-B498-43B3-948B-1728B52AA6E4}">'
    '<adec:decorative xmlns:adec="http://schemas.microsoft.com/office/drawing/2017/decorative" val="1"/></a:ext></a:extLst>'
)


class Box(NamedTuple):
    """A place on a slide, in English Metric Units."""

    left: int
    top: int
    width: int
    height: int

    def below(self, distance: int) -> "Box":
        """Return what is left of it under its first ``distance``."""
        return Box(self.left, self.top + distance, self.width, self.height - distance)


class Style(NamedTuple):
    """How a text looks; ``size`` in points, ``colour`` as ``#rrggbb``."""

    size: float
    colour: str = INK
    bold: bool = False
    is_right: bool = False
    language: str = ""
    """Where it is not that of the other words."""


class Pen:
    """Writes in one language."""

    def __init__(self, language: str) -> None:
        self._language = language

    def text(self, slide: Any, box: Box, lines: Sequence[str], style: Style) -> None:
        """Put a text on a slide, one paragraph a line."""
        shape = slide.shapes.add_textbox(*box)
        for side in ("margin_left", "margin_right", "margin_top", "margin_bottom"):
            setattr(shape.text_frame, side, 0)
        self.write(shape.text_frame, lines, style)

    def write(self, frame: Any, lines: Sequence[str], style: Style) -> None:
        """Replace what a text frame says."""
        frame.word_wrap = True
        frame.clear()
        for index, line in enumerate(lines):
            self._add_to(frame.paragraphs[0] if index == 0 else frame.add_paragraph(), line, style)

    def add_line(self, frame: Any, line: str, style: Style) -> None:
        """Add a paragraph to what a text frame says."""
        self._add_to(frame.add_paragraph(), line, style)

    def _add_to(self, paragraph: Any, words: str, style: Style) -> None:
        paragraph.alignment = PP_ALIGN.RIGHT if style.is_right else PP_ALIGN.LEFT
        paragraph.space_after = Pt(style.size * 0.4)
        run = paragraph.add_run()
        run.text = words
        run.font.size, run.font.bold = Pt(style.size), style.bold
        run.font.color.rgb = rgb(style.colour)
        run._r.get_or_add_rPr().set("lang", style.language or self._language)


def rectangle(slide: Any, box: Box, colour: str) -> Any:
    """Put a plain rectangle on a slide, which tells nothing."""
    shape = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, *box)
    shape.fill.solid()
    shape.fill.fore_color.rgb = rgb(colour)
    shape.line.fill.background()
    shape.shadow.inherit = False
    _names(shape).append(parse_xml(_DECORATIVE))
    return shape


def describe(shape: Any, words: str) -> None:
    """Give a shape the text that stands for it where it cannot be seen."""
    _names(shape).set("descr", words[:2_000])


def rgb(colour: str) -> Any:
    """Return ``#rrggbb`` as the library wants it."""
    return RGBColor.from_string(colour.removeprefix("#").upper())


def _names(shape: Any) -> Any:
    return shape._element._nvXxPr.cNvPr
