"""Render a report as one HTML file that needs nothing else: no network, no fonts, and scripts only for comfort."""

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import jinja2
from markupsafe import Markup, escape

from shared.advisor.vocabulary import Impact
from shared.branding.branding import PLAIN, Branding
from shared.language.language import Language
from worker.reports import charts
from worker.reports.blocks import Block, ColumnKind, Figure, PartKind
from worker.reports.cover_facts import cover_facts
from worker.reports.document import ReportContent
from worker.reports.html_rows import RowMarkup
from worker.reports.html_words import PageWords
from worker.reports.parts.findings import group_facts, left_out_of

_TEMPLATES_DIR = Path(__file__).with_name("templates")
_CELL_CLASSES = {
    ColumnKind.COUNT: "num",
    ColumnKind.AMOUNT: "num",
    ColumnKind.DATE: "keep",
    ColumnKind.IMPACT: "keep",
}
_WIDE_FIGURE = 0.8
# On narrow screens rows become cards: the names of their columns stand in the style sheet, not in each of 10,000 rows.
_CARD_LABELS = ("place", "impact", "savings", "updated")


class _Asset(NamedTuple):
    """A style sheet or script as it stands in the page, and the hash by which the page's policy knows it."""

    text: Markup
    hash: str

    @classmethod
    def of(cls, text: str) -> "_Asset":
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        return cls(Markup(text), f"'sha256-{digest}'")  # noqa: S704  (our own files, and checked colours)


def render_html(content: ReportContent, destination: Path) -> None:
    """Write the page to ``destination``, piece by piece."""
    facts = content.facts
    language = Language.of(facts.language)
    words = PageWords(language)
    has_findings = content.listed > 0 and any(part.kind is PartKind.FINDINGS for part in content.parts)
    stream = _template().stream(
        content=content,
        facts=facts,
        branding=facts.branding,
        about=cover_facts(content, language),
        language=language,
        say=words.of,
        words=words,
        impacts=[impact for impact in Impact if any(line.counts.get(impact) for line in content.categories)],
        has_findings=has_findings,
        styles=[_asset("report.css"), _Asset.of(_own_style(facts.branding, words))],
        script=_asset("report.js") if has_findings else None,
        logo=_logo_address(facts.branding),
        group_facts=group_facts,
        left_out_of=left_out_of,
        rows=RowMarkup(language, words),
        svg=lambda chart: _svg(chart, facts.branding),
    )
    stream.enable_buffering(64)
    with destination.open("w", encoding="utf-8", errors="replace", newline="\n") as page:
        page.writelines(stream)


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES_DIR),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(lines=_lines, together=_together)
    environment.globals.update(cell_classes=_CELL_CLASSES, PAGE=ColumnKind.PAGE, wide_figure=_WIDE_FIGURE)
    return environment.get_template("report.html")


@cache
def _asset(name: str) -> _Asset:
    return _Asset.of((_TEMPLATES_DIR / name).read_text(encoding="utf-8"))


def _own_style(branding: Branding, words: PageWords) -> str:
    """Return the rules that differ from page to page: the client's colours and font, and the labels of cards."""
    labels = "".join(f"--l-{name}:{_css_string(getattr(words.of, name))};" for name in _CARD_LABELS)
    rules = f":root{{{labels}}}"
    if (branding.primary, branding.accent, branding.font) != (PLAIN.primary, PLAIN.accent, PLAIN.font):
        palette = branding.palette
        rules += (
            f":root{{--font:{_css_string(branding.font.value)};--accent:{palette.accent};--cover:{palette.primary};"
            f"--on-cover:{palette.on_primary};--quiet-on-cover:{palette.quiet_on_primary};"
            f"--accent-on-cover:{palette.accent_on_primary}}}"
            f"@media screen and (prefers-color-scheme:dark){{:root{{--accent:{palette.accent_on_dark}}}}}"
        )
    return rules


def _css_string(text: str) -> str:
    """Return ``text`` as a string of CSS; the escapes of JSON that both know are the only ones in it."""
    return json.dumps(text, ensure_ascii=False).replace("<", r"\3c ")


def _logo_address(branding: Branding) -> str:
    if branding.logo is None:
        return ""
    return f"data:{branding.logo.media_type};base64,{base64.b64encode(branding.logo.content).decode()}"


def _svg(chart: charts.Chart, branding: Branding) -> Markup:
    """Return the chart twice: for a desk and for paper, and for a telephone. The style sheet shows one of them."""
    accent = branding.palette.accent
    return Markup(charts.svg(chart, accent) + charts.narrow_svg(chart, accent))  # noqa: S704  (charts escape every text they hold)


def _lines(text: str) -> Markup:
    """Return a text of several lines with the breaks that HTML wants."""
    return Markup("<br>").join(escape(line) for line in text.split("\n"))


def _together(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Yield the blocks in order, figures that follow one another in one row."""
    row: list[Block] = []
    for block in blocks:
        if row and not (isinstance(block, Figure) and isinstance(row[-1], Figure)):
            yield row
            row = []
        row.append(block)
    if row:
        yield row
