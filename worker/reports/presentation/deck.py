"""Put the chapters of the executive summary on slides, one or two a chapter."""

from collections.abc import Callable, Sequence
from pathlib import Path

from shared.reports import ReportType
from worker.reports.blocks import Figure, KpiRow, Paragraph, Part, PartKind, Table
from worker.reports.document import ReportContent
from worker.reports.errors import RenderingCancelledError
from worker.reports.presentation.slides import Deck
from worker.reports.report_types import OUTLINES

MAX_EXHIBITS_A_PART = 2
_MAX_FOOT_ROWS = 2


def render_pptx(content: ReportContent, destination: Path, *, should_stop: Callable[[], bool] | None = None) -> None:
    """Write the slides to ``destination``.

    They tell what the executive summary tells, whatever the report's type: nobody shows thousands of resources. Raises
    :class:`RenderingCancelledError` where the work is to stop.
    """
    deck = Deck(content.facts)
    deck.add_cover(content.parts[0].title)
    wanted = OUTLINES[ReportType.EXECUTIVE].parts
    for part in sorted((part for part in content.parts if part.kind in wanted), key=lambda part: wanted.index(part.kind)):
        if should_stop is not None and should_stop():
            raise RenderingCancelledError("Making the slides was stopped on request.")
        _add_part(deck, part, content.coverage_note)
    deck.save(destination)


def _add_part(deck: Deck, part: Part, coverage: str) -> None:
    kpis = next((block for block in part.blocks if isinstance(block, KpiRow)), None)
    words = [block for block in part.blocks if isinstance(block, Paragraph)]
    exhibits = [block for block in part.blocks if isinstance(block, Figure | Table)][:MAX_EXHIBITS_A_PART]
    foot = _foot(exhibits)
    deck.add_opening(part.title, kpis, _words_for_slide(part, words, coverage), exhibits[0] if exhibits else None, foot)
    for exhibit in exhibits[1:] if foot is None else ():
        deck.add_exhibit(part.title, exhibit)


def _foot(exhibits: Sequence[Figure | Table]) -> Table | None:
    """Return the table that is too small for a slide of its own, on which a single line would look forgotten."""
    match exhibits:
        case [Figure(), Table() as table] if len(table.rows) <= _MAX_FOOT_ROWS:
            return table
    return None


def _words_for_slide(part: Part, words: Sequence[Paragraph], coverage: str) -> list[Paragraph]:
    """Return what a slide has room for: what a hurried reader reads, else the first paragraph, and perhaps a note.

    The summary never goes without what could not be read.
    """
    leads = [paragraph for paragraph in words if paragraph.tone == "lead"] or list(words[:1])
    notes = [paragraph for paragraph in words if paragraph.tone == "note"]
    if part.kind is PartKind.SUMMARY:
        return [*leads[:2], *(note for note in notes if note.text == coverage)]
    return [*leads[:1], *notes[:1]]
