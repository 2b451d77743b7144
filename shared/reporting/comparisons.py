"""Comparisons, trends and marks as read by callers."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.comparison import trend
from shared.comparison.result import Trend
from shared.database.reading import Query
from shared.database.tables import Report, Snapshot
from shared.reporting.listing import Conditions, Order, Place, page_query
from shared.reporting.reports import ReportNotFoundError
from shared.reports import ReportType
from shared.reports.options import options_for, options_of

BY_IMPORTANCE = Order("id", "id")
NEWEST_FIRST = Order("id", "id", descending=True)

_CHANGE = """
select id, kind, encode(fingerprint, 'hex') as fingerprint, category, impact, problem, resource_name, resource_type,
    resource_id, subscription_id, subscription_name, annual_savings::text as annual_savings,
    nullif(currency, '') as currency, impact_before,
    annual_savings_before::text as annual_savings_before, nullif(currency_before, '') as currency_before,
    nullif(problem_before, '') as problem_before, changed, first_seen_at
from report_change
"""
_MARK = """
select id, encode(fingerprint, 'hex') as fingerprint, status, note, owner, due_on, marked_by, created_at
from finding_mark as mark
"""


def changes(report_id: UUID, kinds: tuple[str, ...], place: Place) -> Query:
    """Return the query of one page of a report's changes, the most important first."""
    conditions = Conditions()
    conditions.add("report_id = %(report_id)s", report_id=report_id)
    conditions.add_given("kind = any(%(kinds)s)", kinds=list(kinds))
    return page_query(_CHANGE, conditions, place)


def marks(client_id: UUID, status: str | None, place: Place) -> Query:
    """Return the query of one page of the marks that a client's findings bear, the newest first."""
    conditions = Conditions()
    conditions.add("client_id = %(client_id)s and status <> 'cleared'", client_id=client_id)
    conditions.add(
        "not exists (select from finding_mark as later where later.client_id = mark.client_id"
        " and later.fingerprint = mark.fingerprint and later.id > mark.id)"
    )
    conditions.add_given("status = %(status)s", status=status)
    return page_query(_MARK, conditions, place)


def mark_history(client_id: UUID, fingerprint: bytes, *, limit: int) -> Query:
    """Return the query of the marks that one finding bore, the newest first."""
    conditions = Conditions()
    conditions.add(
        "client_id = %(client_id)s and fingerprint = %(fingerprint)s", client_id=client_id, fingerprint=fingerprint
    )
    return page_query(_MARK, conditions, Place(NEWEST_FIRST, limit - 1))


def trend_for(session: Session, client_id: UUID, report_id: UUID | None) -> Trend:
    """Return the course of a client's snapshots by the scope and policy of a report, its newest where none is named.

    Raises :class:`~shared.reporting.reports.ReportNotFoundError` where the client has no such report.
    """
    reports = select(Report).where(
        Report.client_id == client_id, Report.deleted_at.is_(None), Report.snapshot_id.is_not(None)
    )
    if report_id is not None:
        reports = reports.where(Report.id == report_id)
    report = session.scalars(reports.order_by(Report.id.desc()).limit(1)).one_or_none()
    if report is None:
        if report_id is not None:
            raise ReportNotFoundError
        return Trend(points=())
    options = options_for(ReportType(report.report_type), options_of(report.options))
    like = session.get_one(Snapshot, report.snapshot_id)
    return trend.trend_of(session, client_id, trend.basis_of(options), like)
