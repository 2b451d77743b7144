"""What a report knows beyond its recommendations: what changed, the course of time, decisions, other clients."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import select

from shared.advisor.standing import Standing
from shared.comparison import choosing, comparing, history, keeping, mark_store, trend
from shared.comparison.reach import is_like, reach_of
from shared.comparison.result import Comparison, Trend
from shared.comparison.sides import Side
from shared.database.tables import Client, Report, Snapshot
from shared.jobs.run import JobRun
from shared.reports.insights import ClientTotals, Insights, RollUp
from shared.reports.manual import ManualRecommendation
from shared.reports.options import ReportOptions, options_for, options_of
from shared.savings import Savings, count_savings
from shared.snapshots.reader import SnapshotRecommendations
from worker.jobs.report_order import ReportOrder

# A trend's earlier points are counted once and kept. On a new basis so many rows are read for them at most: some 10 seconds.
_MAX_ROWS_FOR_TREND = 200_000


@dataclass(frozen=True)
class _Changed:
    comparison: Comparison | None
    reason: str


def gather_insights(run: JobRun, order: ReportOrder, savings: Savings) -> Insights:
    """Compare the report's snapshot with the one before, keep the result with the report, and add what else is known.

    ``savings`` is over the rows of the report's scope and those added by hand.
    """
    changed = _compare(run, order, savings)
    with run.services.database.tenant(run.tenant_id) as session:
        marks = mark_store.marks_of(session, order.client_id)
    return Insights(
        comparison=changed.comparison,
        no_comparison_reason=changed.reason,
        trend=_trend(run, order, savings),
        marks=marks,
        roll_up=_roll_up(run, order, savings) if order.options.roll_up else None,
    )


def _compare(run: JobRun, order: ReportOrder, savings: Savings) -> _Changed:
    options = order.options
    with run.transaction() as session:
        snapshot = session.get_one(Snapshot, order.snapshot_id)
        history.note_findings(session, snapshot.id)
        history.note_manual(session, snapshot, options.manual)
        earlier = choosing.earlier_of(session, snapshot, run.report_id, options.comparison)
        if earlier.snapshot is None:
            keeping.keep(session, run.tenant_id, run.report_id, None, earlier.reason)
            return _Changed(None, earlier.reason)
        history.note_findings(session, earlier.snapshot.id)
        within = reach_of(snapshot)
        report = session.get(Report, earlier.report_id) if earlier.report_id else None
        ordered = options_of(report.options) if report else ReportOptions()
    # What counted then is told by today's policy, or a change of policy would look like a change of the estate.
    by_hand = options_for(order.facts.report_type, ordered).manual
    then = _count(run, earlier.snapshot, options, by_hand)
    with run.transaction() as session:
        comparison = comparing.compare(
            session,
            run.tenant_id,
            run.report_id,
            earlier=Side(earlier.snapshot, options.scope, by_hand, then, within=within),
            current=Side(snapshot, options.scope, options.manual, savings),
        )
        keeping.keep(session, run.tenant_id, run.report_id, comparison)
    return _Changed(comparison, "")


def _trend(run: JobRun, order: ReportOrder, savings: Savings) -> Trend:
    options, basis = order.options, trend.basis_of(order.options)
    with run.transaction() as session:
        snapshot = session.get_one(Snapshot, order.snapshot_id)
        totals = trend.totals_of(session, snapshot, options.scope, savings, options.manual)
        trend.keep_totals(session, snapshot, basis, totals)
        snapshots = trend.snapshots_until(session, snapshot)
        missing = trend.without_totals(session, snapshots, basis)
    rows = 0
    for one in missing:
        rows += one.accepted_count
        if rows > _MAX_ROWS_FOR_TREND:
            break
        counted = _count(run, one, options)
        with run.transaction() as session:
            trend.keep_totals(session, one, basis, trend.totals_of(session, one, options.scope, counted))
    with run.services.database.tenant(run.tenant_id) as session:
        return trend.trend_of(session, order.client_id, basis, snapshot, until=snapshot)


def _roll_up(run: JobRun, order: ReportOrder, savings: Savings) -> RollUp:
    options = order.options
    lines = []
    with run.services.database.tenant(run.tenant_id) as session:
        # What was filtered when it was read stands beside others only where there is nothing else.
        alike_first = is_like(session.get_one(Snapshot, order.snapshot_id)).desc()
    for place, client_id in enumerate(dict.fromkeys((order.client_id, *options.roll_up))):
        with run.services.database.tenant(run.tenant_id) as session:
            client = session.get(Client, client_id)
            if client is None or client.deleted_at is not None:
                continue
            of_client = select(Snapshot).where(Snapshot.client_id == client_id)
            newest = of_client.order_by(alike_first, Snapshot.taken_at.desc())
            snapshot = (
                session.get_one(Snapshot, order.snapshot_id) if not place else session.scalars(newest.limit(1)).first()
            )
        if snapshot is None:
            lines.append(_nothing_yet(client, options))
            continue
        own = savings if not place else _count(run, snapshot, options)
        with run.services.database.tenant(run.tenant_id) as session:
            totals = trend.totals_of(session, snapshot, options.scope, own, options.manual if not place else ())
        lines.append(
            ClientTotals(
                client_id=client.id,
                client_name=client.name,
                snapshot_id=snapshot.id,
                taken_at=snapshot.taken_at,
                total=totals.total,
                by_category=totals.by_category,
                by_impact=totals.by_impact,
                savings=msgspec.structs.replace(own, outcomes=b""),
            )
        )
    return RollUp(clients=tuple(lines))


def _nothing_yet(client: Client, options: ReportOptions) -> ClientTotals:
    return ClientTotals(
        client_id=client.id,
        client_name=client.name,
        snapshot_id=None,
        taken_at=None,
        total=0,
        by_category={},
        by_impact={},
        savings=count_savings((), options.policy, options.display),
    )


def _count(run: JobRun, snapshot: Snapshot, options: ReportOptions, manual: Sequence[ManualRecommendation] = ()) -> Savings:
    """Count what is open in a snapshot, as :class:`~worker.reports.report_types.OfType` yields it for the report itself."""
    rows = SnapshotRecommendations(
        run.services.database, run.tenant_id, snapshot.id, on_rows=run.check, scope=options.scope, manual=manual
    )
    is_open = (row for row in rows if row.standing is Standing.ACTIVE)
    return count_savings(is_open, options.policy, options.display)
