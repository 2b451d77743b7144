"""The chapters of a report as the Typst templates want them."""

from collections.abc import Sequence
from typing import Any

from shared.comparison.marks import Mark, MarkStatus
from shared.language.language import Language
from shared.language.marking import marked
from worker.reports import charts
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
from worker.reports.breaking import breakable, breaker_of_names
from worker.reports.document import Group, ReportContent, Resource, Section
from worker.reports.fonts import chart_font
from worker.reports.parts.findings import group_facts, left_out_of
from worker.reports.wording import shortened

MAX_CELL_CHARS = 600

_MARKS = {
    MarkStatus.ACCEPTED: marked("Accepted"),
    MarkStatus.PLANNED: marked("Planned"),
    MarkStatus.DONE: marked("Done"),
    MarkStatus.REJECTED: marked("Rejected"),
}

_NEW_PAGE_FROM = 12
# A longer one would run into the column before, where a dash looks like its sign.
_MAX_UNBROKEN_AMOUNT = 20
# Chapters that begin where the one before ends: with most of them a page would be half empty.
_FLOWING = frozenset({
    PartKind.CLIENTS, PartKind.SAVINGS, PartKind.CHANGES, PartKind.TREND, PartKind.SCORE, PartKind.RETIREMENTS,
    PartKind.QUICK_WINS,
})  # fmt: skip


class PartWriter:
    """Writes the parts of one report; it knows where every group stands."""

    def __init__(self, content: ReportContent, language: Language) -> None:
        self._content = content
        self._language = language
        self._breakable = breaker_of_names(language.tag)
        palette = content.facts.branding.palette
        self._accent = palette.accent
        self._font = chart_font(content.facts.branding.font, content.facts.language)
        self._not_estimated = language.gettext("not estimated")
        self._manual = language.gettext("added by hand")

    def part(self, part: Part, before: Part | None = None) -> dict[str, Any]:
        """Return one chapter; where it begins depends on the one before it."""
        listed = sum(self._content.sections[block.section].listed for block in part.blocks if isinstance(block, Findings))
        return {
            "kind": part.kind.value,
            "title": part.title,
            "facts": part.facts,
            "new_page": part.kind not in _FLOWING
            # Of nothing there is so little to say that one page holds it.
            and self._content.total > 0
            and not 0 < listed < _NEW_PAGE_FROM
            # The table of clients ends anywhere on a page, often at its top.
            and (before is None or before.kind is not PartKind.CLIENTS),
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
                    "points": [breakable(point) for point in block.points],
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
                [self._cell(cell, column.kind) for cell, column in zip(row, table.columns, strict=True)]
                for row in table.rows
            ],
            "has_total": table.has_total,
            "note": table.note,
        }

    def _cell(self, cell: Cell, kind: ColumnKind) -> list[str]:
        """Return text, note, address, label of the group it leads to, impact and language; the last four mostly empty."""
        text = cell.text if kind is ColumnKind.AMOUNT else self._breakable(shortened(cell.text, MAX_CELL_CHARS))
        return [
            text.replace(" ", "\u00a0") if kind is ColumnKind.AMOUNT and len(text) <= _MAX_UNBROKEN_AMOUNT else text,
            self._breakable(shortened(cell.note, MAX_CELL_CHARS)),
            cell.url,
            _label(cell.place) if cell.place is not None else "",
            cell.impact.value if cell.impact is not None else "",
            cell.language,
        ]

    def _groups(self, section: Section, number: int) -> list[dict[str, Any]]:
        return [self._group(group, _label(GroupPlace(number, index))) for index, group in enumerate(section.groups)]

    def _group(self, group: Group, label: str) -> dict[str, Any]:
        return {
            "label": label,
            "title": self._breakable(shortened(group.title, 400)),
            "title_language": group.title_language,
            "solution": self._breakable(shortened(group.solution, 1500)),
            "solution_language": group.solution_language,
            "benefits": self._breakable(shortened(group.benefits, MAX_CELL_CHARS)),
            "benefits_language": group.benefits_language,
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
            self._breakable(shortened(resource.name, MAX_CELL_CHARS)),
            self._breakable(shortened(note, MAX_CELL_CHARS)),
            resource.portal_url,
            resource.is_alternative,
            self._breakable(shortened(resource.subscription, MAX_CELL_CHARS)),
            self._breakable(shortened(resource.resource_group, MAX_CELL_CHARS)),
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


def _value_size(values: Sequence[str]) -> float:
    """Return the largest size in points at which the longest value fits on one line of its card, 95 points wide."""
    longest = max(map(len, values), default=1)
    return max(7.0, min(24.0 if len(values) == 1 else 14.0, 95 / (0.62 * longest)))
