"""Slides in the house style: a title, figures, words, and one chart or table at a time."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pptx
from pptx.enum.text import MSO_ANCHOR
from pptx.util import Inches

from shared.language.language import Language
from worker.reports.blocks import Figure, Kpi, KpiRow, Paragraph, Table
from worker.reports.charts import Timeline
from worker.reports.charts.shapes import columns_of
from worker.reports.document import ReportFacts
from worker.reports.logo_png import png_of
from worker.reports.presentation.native_charts import add_chart
from worker.reports.presentation.pen import MUTED, PANEL, WHITE, Box, Pen, Style, describe, rectangle
from worker.reports.presentation.tables import add_table, add_timeline, height_of
from worker.reports.presentation.theme import dress
from worker.reports.wording import shortened

_WIDTH, _HEIGHT = Inches(13.333), Inches(7.5)
_SLIDE = Box(0, 0, _WIDTH, _HEIGHT)
_CONTENT = Box(Inches(0.75), Inches(1.4), Inches(11.83), Inches(5.4))
_FOOT = Inches(6.98)
_WORDS_WIDTH = Inches(4.1)
_MAX_LARGE_COLUMNS = 400
_MIN_WORDS_HEIGHT = Inches(0.95)
# What a line of 14 points across the slide holds and takes, in a fallback font, which may be wider than the report's own.
_LINE_COLUMNS, _LINE_HEIGHT, _PARAGRAPH_GAP = 110, Inches(0.24), Inches(0.1)
_KPI_HEIGHT = Inches(1.45)
_NOTE_HEIGHT = Inches(0.5)
_TITLE_ONLY = 5  # of the library's own template


class Deck:
    """The slides of one report while they are made."""

    def __init__(self, facts: ReportFacts) -> None:
        self._facts = facts
        self._language = Language.of(facts.language)
        self._palette = facts.branding.palette
        self._pen = Pen(facts.language)
        self._presentation = pptx.Presentation()
        self._presentation.slide_width, self._presentation.slide_height = _WIDTH, _HEIGHT
        dress(self._presentation, self._palette, facts.branding.font.value)
        properties = self._presentation.core_properties
        properties.title = f"{facts.title} – {facts.client_name}"[:255]
        properties.author = "Azure Advisor Reports"
        properties.language = facts.language
        properties.created = properties.modified = facts.created_at.replace(tzinfo=None)

    def save(self, destination: Path) -> None:
        """Write the file."""
        self._presentation.save(str(destination))

    def add_cover(self, subtitle: str) -> None:
        """Add the first slide: whose report, about what, of when."""
        facts, palette, pen = self._facts, self._palette, self._pen
        slide = self._new_slide(shortened(facts.title, 160), Box(_CONTENT.left, Inches(1.9), _CONTENT.width, Inches(1.9)))
        size = 44 if len(facts.title) <= 40 else 30
        pen.write(slide.shapes.title.text_frame, [shortened(facts.title, 160)], Style(size, palette.on_primary, bold=True))
        slide.shapes.title.text_frame.vertical_anchor = MSO_ANCHOR.BOTTOM
        ground = rectangle(slide, _SLIDE, palette.primary)
        slide.shapes._spTree.remove(ground._element)
        slide.shapes._spTree.insert(2, ground._element)
        rectangle(slide, Box(0, Inches(7.34), _SLIDE.width, Inches(0.16)), palette.accent)
        quiet = palette.quiet_on_primary
        below = Box(_CONTENT.left, Inches(3.95), _CONTENT.width, Inches(1.0))
        pen.text(slide, below, [shortened(facts.client_name, 200), subtitle], Style(20, quiet))
        if facts.branding.cover_text:
            place = Box(_CONTENT.left, Inches(5.05), Inches(8.2), Inches(1.1))
            pen.text(slide, place, [shortened(facts.branding.cover_text, 600)], Style(14, quiet))
        last = [self._language.date(facts.created_at.date()), shortened(facts.branding.contact, 300)]
        foot = Box(_CONTENT.left, Inches(6.6), _CONTENT.width, Inches(0.45))
        pen.text(slide, foot, ["  ·  ".join(filter(None, last))], Style(12, quiet))
        self._add_logo(slide)

    def add_opening(
        self,
        title: str,
        kpis: KpiRow | None,
        words: Sequence[Paragraph],
        exhibit: Figure | Table | None,
        foot: Table | None = None,
    ) -> None:
        """Add a chapter's first slide: figures across the top, words on the left, a chart beside or a table below them.

        ``foot`` is a small table under all of these.
        """
        slide, box = self._titled(title), _CONTENT
        if kpis is not None:
            self._add_kpis(slide, kpis.kpis)
            box = box.below(_KPI_HEIGHT + Inches(0.25))
        if foot is not None:
            taken = Inches(0.45) + height_of(foot)
            self._add_exhibit(slide, foot, box.below(box.height - taken))
            box = box._replace(height=box.height - taken - Inches(0.2))
        texts = [line for paragraph in words for line in paragraph.lines]
        if exhibit is None:
            self._pen.text(slide, box, texts, Style(16))
            return
        if isinstance(exhibit, Table):
            words_height = _height_of(texts)
            self._pen.text(slide, box._replace(height=words_height), texts, Style(14))
            self._add_exhibit(slide, exhibit, box.below(words_height))
            return
        size = 13 if sum(map(columns_of, texts)) <= _MAX_LARGE_COLUMNS else 11
        self._pen.text(slide, box._replace(width=_WORDS_WIDTH), texts, Style(size))
        taken = _WORDS_WIDTH + Inches(0.4)
        self._add_exhibit(slide, exhibit, box._replace(left=box.left + taken, width=box.width - taken))

    def add_exhibit(self, title: str, exhibit: Figure | Table) -> None:
        """Add a slide with one chart or table."""
        self._add_exhibit(self._titled(title), exhibit, _CONTENT)

    def _add_exhibit(self, slide: Any, exhibit: Figure | Table, box: Box) -> None:
        if exhibit.heading:
            heading = box._replace(height=Inches(0.4))
            self._pen.text(slide, heading, [exhibit.heading], Style(14, self._palette.primary, bold=True))
            box = box.below(Inches(0.45))
        if isinstance(exhibit, Table):
            self._add_table(slide, exhibit, box)
        elif isinstance(exhibit.chart, Timeline):
            add_timeline(slide, exhibit.chart, box, self._pen, self._palette.primary)
        else:
            frame = add_chart(slide, exhibit.chart, box, self._palette.accent)
            describe(frame, f"{exhibit.chart.title}. {exhibit.chart.description}")

    def _add_table(self, slide: Any, table: Table, box: Box) -> None:
        shown = add_table(slide, table, box, self._pen, self._palette.primary)
        language = self._language
        words = [table.note]
        if shown.rows < shown.total:
            part, whole = language.number(shown.rows), language.number(shown.total)
            words.insert(0, language.gettext("{shown} of {total} shown", shown=part, total=whole))
        below = box.below(shown.height + Inches(0.12))
        if any(words) and below.height >= _NOTE_HEIGHT:
            lines = [line for line in words if line]
            self._pen.text(slide, below._replace(height=_NOTE_HEIGHT), lines, Style(10.5, MUTED))

    def _add_kpis(self, slide: Any, kpis: Sequence[Kpi]) -> None:
        gap, height = Inches(0.2), _KPI_HEIGHT
        width = (_CONTENT.width - gap * (len(kpis) - 1)) // max(len(kpis), 1)
        for index, kpi in enumerate(kpis):
            card = Box(_CONTENT.left + index * (width + gap), _CONTENT.top, width, height)
            rectangle(slide, card, PANEL)
            rectangle(slide, card._replace(height=Inches(0.04)), self._palette.accent)
            frame = slide.shapes.add_textbox(*card.below(Inches(0.08))).text_frame
            self._pen.write(frame, [kpi.label], Style(11, MUTED, bold=True))
            size = 24 if len(kpi.values) == 1 and len(kpi.values[0]) <= 14 else 14
            for value in kpi.values:
                self._pen.add_line(frame, value, Style(size, self._palette.primary, bold=True))
            self._pen.add_line(frame, kpi.note, Style(10.5, MUTED))

    def _titled(self, words: str) -> Any:
        slide = self._new_slide(words, Box(_CONTENT.left, Inches(0.4), _CONTENT.width, Inches(0.8)))
        self._pen.write(slide.shapes.title.text_frame, [words], Style(28, self._palette.primary, bold=True))
        slide.shapes.title.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
        foot = Box(_CONTENT.left, _FOOT, Inches(9), Inches(0.3))
        footer = self._facts.branding.footer or self._facts.client_name
        self._pen.text(slide, foot, [shortened(footer, 120)], Style(10, MUTED))
        corner = Box(_CONTENT.left + _CONTENT.width - Inches(1), _FOOT, Inches(1), Inches(0.3))
        number = self._language.number(len(self._presentation.slides))
        self._pen.text(slide, corner, [number], Style(10, MUTED, is_right=True))
        return slide

    def _new_slide(self, words: str, box: Box) -> Any:
        slide = self._presentation.slides.add_slide(self._presentation.slide_layouts[_TITLE_ONLY])
        title = slide.shapes.title
        title.left, title.top, title.width, title.height = box
        title.text_frame.margin_left = 0
        title.text_frame.text = words
        return slide

    def _add_logo(self, slide: Any) -> None:
        logo = self._facts.branding.logo
        if logo is None:
            return
        height = Inches(0.6)
        width = min(int(height * logo.width / logo.height), Inches(3))
        rectangle(slide, Box(_CONTENT.left, 0, width + Inches(0.5), Inches(1.2)), WHITE)
        picture = slide.shapes.add_picture(
            io.BytesIO(png_of(logo)),
            _CONTENT.left + Inches(0.25),
            Inches(0.35),
            width,
            int(width * logo.height / logo.width),
        )
        describe(picture, self._language.gettext("Logo of the company that made this report"))


def _height_of(texts: Sequence[str]) -> int:
    """Return the height that paragraphs need across a slide, and some room below them."""
    lines = sum(-(-columns_of(text) // _LINE_COLUMNS) for text in texts)
    return max(lines * _LINE_HEIGHT + (len(texts) + 1) * _PARAGRAPH_GAP, _MIN_WORDS_HEIGHT)
