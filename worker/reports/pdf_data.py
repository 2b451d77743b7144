"""The content of a report as the Typst templates want it: plain text, ready to print."""

import base64
import re
from collections.abc import Sequence
from typing import Any

from shared.advisor.vocabulary import Impact
from shared.branding.branding import Branding
from shared.comparison.marks import Mark, MarkStatus
from shared.language.language import Language
from shared.language.marking import marked
from worker.reports import charts, terms
from worker.reports.blocks import (
    Block,
    Cell,
    ColumnKind,
    Figure,
    Findings,
    GroupPlace,
    KpiRow,
    Paragraph,
    Part,
    PartKind,
    Table,
)
from worker.reports.document import Group, ReportContent, Resource, Section
from worker.reports.parts.findings import group_facts, left_out_of
from worker.reports.report_types import OUTLINES
from worker.reports.wording import shortened

MAX_UNBROKEN_CHARS = 25
"""A longer run without a place to break could run over the edge of its column."""

MAX_CELL_CHARS = 600
MAX_OUTLINED_GROUPS = 90
"""More headings than these would make the contents longer than what it leads to: then only categories are listed."""

_MARKS = {
    MarkStatus.ACCEPTED: marked("Accepted"),
    MarkStatus.PLANNED: marked("Planned"),
    MarkStatus.DONE: marked("Done"),
    MarkStatus.REJECTED: marked("Rejected"),
}

_NEW_PAGE_FROM = 12
# Chapters that are mostly shorter than a page, and begin where the one before ends.
_FLOWING = frozenset({PartKind.CHANGES, PartKind.TREND, PartKind.SCORE, PartKind.RETIREMENTS, PartKind.QUICK_WINS})
# Typst breaks lines at spaces, between CJK characters, and after a hyphen or slash that no digit follows (UAX 14, LB25).
_LONG_RUN = re.compile(r"(?:[^\s/\-\u200b\u1100-\u11ff\u2e80-\ud7ff\uf900-\ufaff\uff00-\uffef]|[/\-](?=\d)){26,}")
_BREAK_AFTER = re.compile(r"(?<=[/\-])(?=\d)|(?<=[_.:,;=&?#@])(?=\w)|(?<=[a-z])(?=[A-Z])")
_ZERO_WIDTH_SPACE = "\u200b"


def breakable(text: str) -> str:
    """Return ``text`` with invisible places to break in runs of more than :data:`MAX_UNBROKEN_CHARS` characters.

    Shorter runs stay as they are, because copied text carries the marks with it.
    """
    return _LONG_RUN.sub(_broken, text)


def _broken(match: re.Match[str]) -> str:
    pieces: list[str] = []
    for piece in _BREAK_AFTER.split(match[0]):
        pieces.extend(piece[start : start + 20] for start in range(0, len(piece), 20))
    return _ZERO_WIDTH_SPACE.join(pieces)


def typst_data(content: ReportContent) -> dict[str, Any]:
    """Return the templates' ``data.json``, without the font families, which the child process adds."""
    facts = content.facts
    language = Language.of(facts.language)
    is_brief = OUTLINES[facts.report_type].is_brief
    type_title = language.gettext(terms.TYPE_TITLES[facts.report_type])
    group_total = sum(len(section.groups) for section in content.sections)
    writer = _Writer(content, language)
    return {
        "language": language.tag.partition("-")[0],
        "region": language.tag.partition("-")[2],
        "is_brief": is_brief,
        "eyebrow": "Azure Advisor",
        "document_title": f"{facts.title} – {facts.client_name}",
        "description": language.gettext(
            "{type}: Azure Advisor recommendations for {client}", type=type_title, client=facts.client_name
        ),
        "title": breakable(shortened(facts.title, 160)),
        "title_size": 42 if len(facts.title) <= 40 else 32 if len(facts.title) <= 80 else 24,
        "client": breakable(shortened(facts.client_name, 200)),
        "client_size": 22 if len(facts.client_name) <= 50 else 15,
        "date": language.date(facts.created_at.date()),
        "cover_facts": _cover_facts(content, language, type_title),
        "header_left": shortened(facts.client_name, 60),
        "header_right": shortened(facts.title, 60),
        "footer_left": shortened(facts.branding.footer, 120) or language.date(facts.created_at.date()),
        "outline_depth": 2 if group_total <= MAX_OUTLINED_GROUPS else 1,
        "parts": [writer.part(part) for part in content.parts],
    }


def typst_setting(content: ReportContent) -> dict[str, Any]:
    """Return the templates' ``setting.json``: words and colours, apart from the data so that they are read at once."""
    language = Language.of(content.facts.language)
    return {
        "words": _words(language),
        "brand": _brand(content.facts.branding),
        "logo_alt": language.gettext("Logo of the company that made this report"),
    }


def _words(language: Language) -> dict[str, Any]:
    """Return the words that stand in the templates' own places."""
    return {
        "contents": language.gettext("Contents"),
        # Left as it is: the page numbers are put in when the pages are known.
        "page_of": language.gettext("Page {page} of {pages}"),
        "resource": language.gettext("Resource"),
        "place": language.gettext("Subscription and resource group"),
        "impact": language.gettext("Impact"),
        "savings": language.gettext("Savings a year"),
        "updated": language.gettext("Updated"),
        "alternative": language.gettext("alternative, not counted"),
        "not_estimated": language.gettext("not estimated"),
        "benefit": language.gettext("Benefit:"),
        "learn_more": language.gettext("Microsoft documentation"),
        "impacts": {impact.value: language.gettext(terms.IMPACT_LABELS[impact]) for impact in Impact},
    }


def _brand(branding: Branding) -> dict[str, Any]:
    palette = branding.palette
    return {
        "primary": palette.primary,
        "accent": palette.accent,
        "on_primary": palette.on_primary,
        "quiet_on_primary": palette.quiet_on_primary,
        "accent_on_primary": palette.accent_on_primary,
        "cover_text": breakable(shortened(branding.cover_text, 600)),
        "contact": breakable(shortened(branding.contact, 300)),
        "logo": f"logo.{branding.logo.extension}" if branding.logo else "",
        "logo_ratio": branding.logo.width / branding.logo.height if branding.logo else 1,
    }


def logo_of(branding: Branding) -> dict[str, str]:
    """Return the logo as a file for the compiler: its name and its content in base64; empty where there is none."""
    if branding.logo is None:
        return {}
    return {f"logo.{branding.logo.extension}": base64.b64encode(branding.logo.content).decode()}


def _cover_facts(content: ReportContent, language: Language, type_title: str) -> list[tuple[str, str]]:
    sources = content.facts.sources
    names = [shortened(source.file_name, 70) for source in sources[:2]]
    if len(sources) > 2:
        names.append(language.ngettext("and {number} more file", "and {number} more files", len(sources) - 2))
    moments = sorted(source.exported_at for source in sources if source.exported_at)
    coverage = content.facts.coverage
    subscriptions = content.subscription_total
    if coverage is not None:
        subscriptions = language.gettext(
            "{read} of {wanted}",
            read=language.number(coverage.subscriptions_read),
            wanted=language.number(coverage.subscriptions_wanted),
        )
    return [
        (language.gettext("Scope"), breakable(shortened(content.facts.scope, 120))),
        (language.gettext("Source"), breakable(", ".join(names)) or language.gettext("None")),
        (
            language.gettext("Data as of"),
            language.moment(moments[-1]) if moments else language.gettext("Not stated by the source"),
        ),
        (language.gettext("Recommendations"), language.number(content.total)),
        (language.gettext("Subscriptions"), subscriptions),
        (language.gettext("Report"), type_title),
    ]


class _Writer:
    """Writes the parts of one report; it knows where every group stands."""

    def __init__(self, content: ReportContent, language: Language) -> None:
        self._content = content
        self._language = language
        palette = content.facts.branding.palette
        self._accent, self._font = palette.accent, content.facts.branding.font.value
        self._not_estimated = language.gettext("not estimated")
        self._manual = language.gettext("added by hand")

    def part(self, part: Part) -> dict[str, Any]:
        """Return one chapter."""
        listed = sum(self._content.sections[block.section].listed for block in part.blocks if isinstance(block, Findings))
        return {
            "kind": part.kind.value,
            "title": part.title,
            "facts": part.facts,
            "new_page": part.kind not in _FLOWING and not 0 < listed < _NEW_PAGE_FROM,
            "blocks": [self._block(block) for block in part.blocks],
        }

    def _block(self, block: Block) -> dict[str, Any]:
        match block:
            case KpiRow():
                return {
                    "kind": "kpis",
                    "kpis": [
                        {
                            "label": kpi.label,
                            "values": [value.replace(" ", "\u00a0") for value in kpi.values],
                            "note": kpi.note,
                            "size": _value_size(kpi.values),
                        }
                        for kpi in block.kpis
                    ],
                }
            case Paragraph():
                return {
                    "kind": "paragraph",
                    "heading": block.heading,
                    "label": block.label,
                    "tone": block.tone,
                    "text": breakable(block.text),
                }
            case Figure():
                return {
                    "kind": "figure",
                    "heading": block.heading,
                    "width": block.width,
                    "alt": f"{block.chart.title}. {block.chart.description}",
                    "svg": charts.svg(block.chart, self._accent, self._font),
                }
            case Table():
                return self._table(block)
            case Findings():
                section = self._content.sections[block.section]
                return {"kind": "findings", "groups": self._groups(section, block.section)}

    def _table(self, table: Table) -> dict[str, Any]:
        return {
            "kind": "table",
            "heading": table.heading,
            "columns": [(column.title, column.kind.value, column.share) for column in table.columns],
            "rows": [
                [_cell(cell, column.kind) for cell, column in zip(row, table.columns, strict=True)] for row in table.rows
            ],
            "has_total": table.has_total,
            "note": table.note,
        }

    def _groups(self, section: Section, number: int) -> list[dict[str, Any]]:
        return [self._group(group, _label(GroupPlace(number, index))) for index, group in enumerate(section.groups)]

    def _group(self, group: Group, label: str) -> dict[str, Any]:
        return {
            "label": label,
            "title": breakable(shortened(group.title, 400)),
            "solution": breakable(shortened(group.solution, 1500)),
            "benefits": breakable(shortened(group.benefits, MAX_CELL_CHARS)),
            "learn_more_url": group.learn_more_url,
            "impact": group.impact.value,
            "facts": group_facts(group, self._language),
            "shows_impact": len({resource.impact for resource in group.resources}) > 1,
            "shows_savings": any(resource.savings is not None for resource in group.resources),
            "shows_updated": any(resource.updated is not None for resource in group.resources),
            "resources": [self._resource(resource) for resource in group.resources],
            "left_out_note": left_out_of(group, self._language),
        }

    def _resource(self, resource: Resource) -> list[str | bool]:
        note = " · ".join(part for part in (resource.type, resource.detail, *self._decided(resource)) if part)
        return [
            breakable(shortened(resource.name, MAX_CELL_CHARS)),
            breakable(shortened(note, MAX_CELL_CHARS)),
            resource.portal_url,
            resource.is_alternative,
            breakable(shortened(resource.subscription, MAX_CELL_CHARS)),
            breakable(shortened(resource.resource_group, MAX_CELL_CHARS)),
            resource.impact.value,
            self._language.money(resource.savings, resource.currency)
            if resource.savings is not None
            else self._not_estimated,
            self._language.short_date(resource.updated),
        ]

    def _decided(self, resource: Resource) -> list[str]:
        parts = [self._manual] if resource.is_manual else []
        if resource.mark is not None:
            parts.append(mark_text(resource.mark, self._language))
        return parts


def mark_text(mark: Mark, language: Language) -> str:
    """Return what was decided about a finding, such as "Planned: Ada Lovelace, by Mar 1, 2026 (in the next window)"."""
    text = language.gettext(_MARKS[mark.status])
    details = [mark.owner] if mark.owner else []
    if mark.due_on is not None:
        details.append(language.gettext("by {date}", date=language.short_date(mark.due_on)))
    if details:
        text += f": {', '.join(details)}"
    return f"{text} ({shortened(mark.note, 200)})" if mark.note else text


def _label(place: GroupPlace) -> str:
    return f"group-{place.section}-{place.group}"


def _cell(cell: Cell, kind: ColumnKind) -> list[str]:
    """Return text, note, address, label of the group it leads to, and impact; the last three mostly empty."""
    text = cell.text if kind is ColumnKind.AMOUNT else breakable(shortened(cell.text, MAX_CELL_CHARS))
    return [
        text.replace(" ", "\u00a0") if kind is ColumnKind.AMOUNT else text,
        breakable(shortened(cell.note, MAX_CELL_CHARS)),
        cell.url,
        _label(cell.place) if cell.place is not None else "",
        cell.impact.value if cell.impact is not None else "",
    ]


def _value_size(values: Sequence[str]) -> float:
    """Return the largest size in points at which the longest value fits on one line of its card, 95 points wide."""
    longest = max(map(len, values), default=1)
    return max(7.0, min(24.0 if len(values) == 1 else 14.0, 95 / (0.62 * longest)))
