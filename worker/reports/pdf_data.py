"""The content of a report as the Typst templates want it: plain text, ready to print."""

import re
from collections.abc import Sequence
from typing import Any

from shared.advisor.vocabulary import Impact
from worker.reports import charts
from worker.reports.document import CategoryCounts, Group, ReportContent, Resource, Section
from worker.reports.summary import impact_totals
from worker.reports.tallies import add_amount
from worker.reports.wording import (
    amount_lines,
    amount_text,
    amounts_text,
    count_of,
    date_text,
    moment_text,
    short_date,
    shortened,
)

MAX_UNBROKEN_CHARS = 25
"""A longer run without a place to break could run over the edge of its column."""

MAX_CELL_CHARS = 600
MAX_OUTLINED_GROUPS = 90
"""More headings than these would make the contents longer than what it leads to: then only categories are listed."""

_NEW_PAGE_FROM = 12
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
    group_total = sum(len(section.groups) for section in content.sections)
    labels = {id(group): f"group-{number}" for number, group in enumerate(_all_groups(content))}
    return {
        "eyebrow": "Azure Advisor",
        "document_title": f"{facts.title} – {facts.client_name}",
        "description": f"{facts.report_type.title} of Azure Advisor recommendations for {facts.client_name}",
        "title": breakable(shortened(facts.title, 160)),
        "title_size": 42 if len(facts.title) <= 40 else 32 if len(facts.title) <= 80 else 24,
        "client": breakable(shortened(facts.client_name, 200)),
        "client_size": 22 if len(facts.client_name) <= 50 else 15,
        "date": date_text(facts.created_at),
        "cover_facts": _cover_facts(content),
        "header_left": shortened(facts.client_name, 60),
        "header_right": shortened(facts.title, 60),
        "footer_left": date_text(facts.created_at),
        "outline_depth": 2 if group_total <= MAX_OUTLINED_GROUPS else 1,
        "has_recommendations": content.total > 0,
        "kpis": [
            {
                "label": kpi.label,
                "values": [value.replace(" ", "\u00a0") for value in kpi.values],
                "note": kpi.note,
                "size": _value_size(kpi.values),
            }
            for kpi in content.kpis
        ],
        "summary": [breakable(paragraph) for paragraph in content.summary],
        "left_out_note": content.left_out_note,
        "impact_chart": _chart(content.impact_chart),
        "category_chart": _chart(content.category_chart),
        "savings_charts": [_chart(chart) for chart in content.savings_charts],
        **_counts(content),
        "top_groups": _top_groups(content, labels) if group_total > 1 else [],
        "sections": [_section(section, labels) for section in content.sections],
        **_appendix(content),
    }


def _all_groups(content: ReportContent) -> list[Group]:
    return [group for section in content.sections for group in section.groups]


def _chart(chart: charts.Chart) -> dict[str, str]:
    return {"title": chart.title, "alt": f"{chart.title}. {chart.description}", "svg": charts.svg(chart)}


def _value_size(values: Sequence[str]) -> float:
    """Return the largest size in points at which the longest value fits on one line of its card, 95 points wide."""
    longest = max(map(len, values), default=1)
    return max(7.0, min(22.0 if len(values) == 1 else 14.0, 95 / (0.62 * longest)))


def _cover_facts(content: ReportContent) -> list[tuple[str, str]]:
    sources = content.facts.sources
    names = [shortened(source.file_name, 70) for source in sources[:2]]
    if len(sources) > 2:
        names.append(f"and {count_of(len(sources) - 2, 'more file')}")
    moments = sorted(source.exported_at for source in sources if source.exported_at)
    return [
        ("Scope", breakable(shortened(content.facts.scope, 120))),
        ("Source", breakable(", ".join(names)) or "None"),
        ("Data as of", moment_text(moments[-1]) if moments else "Not stated by the source"),
        ("Recommendations", f"{content.total:,}"),
        ("Subscriptions", content.subscription_total),
        ("Report", content.facts.report_type.title),
    ]


def _counts(content: ReportContent) -> dict[str, Any]:
    impacts = [
        impact for impact in Impact if impact is not Impact.OTHER or Impact.OTHER in impact_totals(content.categories)
    ]
    rows = [_count_row(line.category.title, line, impacts) for line in content.categories]
    total: dict[str, Any] = {}
    for line in content.categories:
        for currency, amount in line.savings.items():
            add_amount(total, currency, amount)
    sums = impact_totals(content.categories)
    rows.append(
        {
            "label": "All categories",
            "counts": [f"{sums.get(impact, 0):,}" for impact in impacts] + [f"{content.total:,}"],
            "savings": amount_lines(total),
            "is_total": True,
        }
    )
    return {
        "count_headings": [impact.value for impact in impacts] + ["Total"],
        "count_rows": rows,
        "has_savings": bool(content.savings),
    }


def _count_row(label: str, line: CategoryCounts, impacts: Sequence[Impact]) -> dict[str, Any]:
    return {
        "label": label,
        "counts": [f"{line.counts.get(impact, 0):,}" for impact in impacts] + [f"{line.total:,}"],
        "savings": amount_lines(line.savings),
        "is_total": False,
    }


def _top_groups(content: ReportContent, labels: dict[int, str]) -> list[dict[str, Any]]:
    found = []
    for place in content.top_groups:
        section = content.sections[place.section]
        group = section.groups[place.group]
        found.append(
            {
                "label": labels[id(group)],
                "title": breakable(shortened(group.title, 160)),
                "category": section.summary.category.title,
                "impact": group.impact.value,
                "total": f"{group.total:,}",
                "savings": amount_lines(group.savings),
            }
        )
    return found


def _section(section: Section, labels: dict[int, str]) -> dict[str, Any]:
    facts = [count_of(section.summary.total, "recommendation"), count_of(len(section.groups), "type")]
    if section.summary.savings:
        facts.append(f"{amounts_text(section.summary.savings)} a year")
    return {
        "title": section.summary.category.title,
        "facts": "  ·  ".join(facts),
        "new_page": section.listed >= _NEW_PAGE_FROM,
        "groups": [_group(group, labels[id(group)]) for group in section.groups],
    }


def _group(group: Group, label: str) -> dict[str, Any]:
    facts = [count_of(group.total, "recommendation")]
    if group.savings:
        facts.append(f"{amounts_text(group.savings)} a year")
    if group.alternatives:
        facts.append(f"{count_of(group.alternatives, 'alternative')} not counted")
    if group.not_estimated == group.total:
        facts.append("savings not estimated")
    return {
        "label": label,
        "title": breakable(shortened(group.title, 400)),
        "solution": breakable(shortened(group.solution, 1500)),
        "benefits": breakable(shortened(group.benefits, MAX_CELL_CHARS)),
        "impact": group.impact.value,
        "facts": "  ·  ".join(facts),
        "shows_impact": len({resource.impact for resource in group.resources}) > 1,
        "shows_savings": any(resource.savings is not None for resource in group.resources),
        "shows_updated": any(resource.updated is not None for resource in group.resources),
        "resources": [_resource(resource) for resource in group.resources],
        "left_out_note": f"{count_of(group.left_out, 'more recommendation')} in the Excel and CSV files."
        if group.left_out
        else "",
    }


def _resource(resource: Resource) -> list[str | bool]:
    note = " · ".join(part for part in (resource.type, resource.detail) if part)
    return [
        breakable(shortened(resource.name, MAX_CELL_CHARS)),
        breakable(shortened(note, MAX_CELL_CHARS)),
        resource.portal_url,
        resource.is_alternative,
        breakable(shortened(resource.subscription, MAX_CELL_CHARS)),
        breakable(shortened(resource.resource_group, MAX_CELL_CHARS)),
        resource.impact.value,
        amount_text(resource.savings, resource.currency) if resource.savings is not None else "not estimated",
        short_date(resource.updated),
    ]


def _appendix(content: ReportContent) -> dict[str, Any]:
    shown = len(content.subscriptions)
    return {
        "scope": breakable(f"{content.facts.scope}. The report was made on {moment_text(content.facts.created_at)}."),
        "sources": [
            [
                breakable(shortened(source.file_name, MAX_CELL_CHARS)),
                breakable(source.kind),
                moment_text(source.exported_at) or "not stated",
                f"{source.accepted:,}",
                f"{source.rejected:,}",
            ]
            for source in content.facts.sources
        ],
        "subscriptions": [
            [
                breakable(shortened(line.name, MAX_CELL_CHARS)) or "–",
                breakable(line.subscription_id) or "–",
                f"{line.recommendations:,}",
                f"{line.high_impact:,}",
            ]
            for line in content.subscriptions
        ],
        "subscriptions_note": (
            f"The {shown:,} with the most recommendations of {content.subscription_total}."
            if f"{shown:,}" != content.subscription_total
            else ""
        ),
        "method": content.method,
        "rejected_note": content.rejected_note,
        "rejected": [
            [
                f"{row.line:,}",
                breakable(row.column) or "–",
                breakable(shortened(row.value, 90)) or "–",
                breakable(row.reason),
            ]
            for row in content.rejected
        ],
    }
