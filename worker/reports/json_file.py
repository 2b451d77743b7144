"""Render a report as JSON by the types of :mod:`shared.report_json.model`, one row at a time."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, TypeVar

import msgspec

from shared.advisor.recommendation import RejectedRow
from shared.language.language import Language
from shared.report_json import model
from shared.reports.manual import ORIGIN_KEY, is_manual
from shared.savings import Savings
from worker.reports.columns import text_of
from worker.reports.document import Coverage, ReportContent
from worker.reports.json_parts import amount_of, changes_of, mark_of, savings_result, trend_of
from worker.reports.judged import Judged
from worker.reports.parts.appendix import source_kind
from worker.reports.progress import EveryFewRows
from worker.reports.tallies import impact_totals
from worker.reports.wording import portal_url

_Row = TypeVar("_Row")

_encoder = msgspec.json.Encoder()


def render_json(
    content: ReportContent,
    rows: Iterable[Judged],
    rejected_rows: Iterable[RejectedRow],
    destination: Path,
    *,
    savings: Savings,
    on_rows: EveryFewRows | None = None,
) -> None:
    """Write the file to ``destination`` as UTF-8, one recommendation a line; memory does not grow with their number."""
    on_rows = on_rows or EveryFewRows()

    def recommendation(row: Judged) -> model.JsonRecommendation:
        on_rows.row_done()
        return _recommendation(row)

    with destination.open("wb") as file:
        file.write(b"{")
        for name, part in _head(content, savings).items():
            file.write(b'"%s":%s,\n' % (name.encode(), _encoder.encode(part)))
        _write_rows(file, "recommendations", rows, recommendation)
        file.write(b",\n")
        _write_rows(file, "rejected_rows", rejected_rows, _rejected_row)
        file.write(b"}\n")


def _write_rows(file: IO[bytes], name: str, rows: Iterable[_Row], as_json: Callable[[_Row], msgspec.Struct]) -> None:
    file.write(b'"%s":[' % name.encode())
    buffer = bytearray()
    separator = b"\n"
    for row in rows:
        file.write(separator)
        _encoder.encode_into(as_json(row), buffer)
        file.write(buffer)
        separator = b",\n"
    file.write(b"\n]")


def _head(content: ReportContent, savings: Savings) -> dict[str, object]:
    """Return everything that is not a list of rows, in the order of the model."""
    facts = content.facts
    return {
        "schema_version": model.SCHEMA_VERSION,
        "report": model.ReportHead(
            title=facts.title,
            client=facts.client_name,
            type=facts.report_type,
            language=facts.language,
            scope=facts.scope,
            created_at=facts.created_at,
            sources=tuple(
                model.Source(
                    name=source.file_name,
                    kind=source_kind(source.kind, Language.of(facts.language)),
                    exported_at=source.exported_at,
                    accepted=source.accepted,
                    rejected=source.rejected,
                    notes=source.notes,
                )
                for source in facts.sources
            ),
        ),
        "summary": model.Summary(
            recommendations=content.total,
            by_impact=impact_totals(content.categories),
            by_category=tuple(
                model.CategorySummary(
                    category=line.category,
                    recommendations=line.total,
                    by_impact=line.counts,
                    counted_savings={currency: amount_of(amount) for currency, amount in line.savings.items()},
                )
                for line in content.categories
            ),
            rejected_rows=content.rejected_total,
            coverage=_coverage(content.facts.coverage),
            paragraphs=content.summary,
        ),
        "savings": savings_result(savings, content.method),
        "changes": changes_of(content.comparison) if content.comparison is not None else None,
        "trend": trend_of(content.trend),
    }


def _coverage(coverage: Coverage | None) -> model.Coverage | None:
    if coverage is None:
        return None
    return model.Coverage(
        subscriptions_read=coverage.subscriptions_read,
        subscriptions_wanted=coverage.subscriptions_wanted,
        dismissed=coverage.dismissed,
        postponed=coverage.postponed,
        excluded=coverage.excluded,
    )


def _recommendation(judged: Judged) -> model.JsonRecommendation:
    row = judged.recommendation
    return model.JsonRecommendation(
        category=row.category,
        category_as_given=text_of(row.category_as_given),
        impact=row.impact,
        impact_as_given=text_of(row.impact_as_given),
        recommendation=text_of(row.problem),
        solution=text_of(row.solution),
        potential_benefits=text_of(row.potential_benefits),
        fingerprint=row.fingerprint.hex(),
        recommendation_id=text_of(row.recommendation_id),
        recommendation_type_id=text_of(row.recommendation_type_id),
        subscription_id=text_of(row.subscription_id),
        subscription_name=text_of(row.subscription_name),
        resource_group=text_of(row.resource_group),
        resource_name=text_of(row.resource_name),
        resource_type=text_of(row.resource_type),
        resource_id=text_of(row.resource_id),
        portal_url=portal_url(row.resource_id),
        annual_savings=None if row.annual_savings is None else amount_of(row.annual_savings),
        currency=text_of(row.currency),
        savings_status=judged.status,
        not_counted_because=judged.reason,
        term=text_of(row.term),
        lookback_days=row.lookback_days,
        sku=text_of(row.sku),
        region=text_of(row.region),
        scope=text_of(row.scope),
        updated_at=row.updated_at,
        retirement_date=row.retirement_date,
        retiring_feature=text_of(row.retiring_feature),
        mark=mark_of(judged.mark),
        is_manual=is_manual(row),
        other_fields={text_of(name): text_of(value) for name, value in row.extras.items() if value and name != ORIGIN_KEY},
    )


def _rejected_row(row: RejectedRow) -> model.JsonRejectedRow:
    return model.JsonRejectedRow(
        file_name=text_of(row.file_name),
        line=row.line,
        column=text_of(row.column),
        value=text_of(row.value),
        reason_code=row.reason_code,
        reason=text_of(row.reason),
    )
