"""What the snapshots of a client amount to, one after another."""

from collections.abc import Sequence
from hashlib import blake2b
from uuid import UUID

import msgspec
from sqlalchemy import and_, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.comparison.reach import is_like, is_superseded, refused_in
from shared.comparison.result import MAX_TREND_POINTS, Trend, TrendPoint
from shared.database.tables import Snapshot, SnapshotTotals
from shared.reports.manual import ManualRecommendation
from shared.reports.options import ReportOptions, ReportScope
from shared.savings.result import Savings
from shared.snapshots.scope import condition_of

_BASIS_BYTES = 16


def basis_of(options: ReportOptions) -> bytes:
    """Return what names the scope and the policy of a report; only totals on one basis can be set side by side."""
    scope = options.scope
    same = msgspec.structs.replace(
        scope,
        subscriptions=tuple(sorted(given.lower() for given in scope.subscriptions)),
        resource_groups=tuple(sorted(given.lower() for given in scope.resource_groups)),
        categories=tuple(sorted(scope.categories)),
        impacts=tuple(sorted(scope.impacts)),
    )
    return blake2b(msgspec.json.encode([same, options.policy]), digest_size=_BASIS_BYTES).digest()


def totals_of(
    session: Session,
    snapshot: Snapshot,
    scope: ReportScope,
    savings: Savings,
    manual: Sequence[ManualRecommendation] = (),
) -> TrendPoint:
    """Return what is open in a snapshot within a scope, with what was added by hand."""
    condition, parameters = condition_of(scope)
    counts = session.connection().exec_driver_sql(
        f"select category, impact, count(*) from recommendation where snapshot_id = %(snapshot_id)s and standing = 'active'"  # noqa: S608 - own texts
        f" and {condition} group by category, impact",
        {**parameters, "snapshot_id": snapshot.id},
    )
    by_category: dict[str, int] = {}
    by_impact: dict[str, int] = {}
    by_hand = ((given.category.value, given.impact.value, 1) for given in manual)
    for category, impact, count in (*counts, *by_hand):
        by_category[category] = by_category.get(category, 0) + count
        by_impact[impact] = by_impact.get(impact, 0) + count
    return TrendPoint(
        snapshot_id=snapshot.id,
        taken_at=snapshot.taken_at,
        total=sum(by_category.values()),
        by_category=dict(sorted(by_category.items())),
        by_impact=dict(sorted(by_impact.items())),
        savings={line.currency: line.counted_amount for line in savings.by_currency},
    )


def keep_totals(session: Session, snapshot: Snapshot, basis: bytes, totals: TrendPoint) -> None:
    """Keep a snapshot's totals; those of a later report on the same basis take the place of earlier ones."""
    kept = msgspec.to_builtins(totals)
    statement = insert(SnapshotTotals).values(
        tenant_id=snapshot.tenant_id, snapshot_id=snapshot.id, basis=basis, totals=kept
    )
    session.execute(
        statement.on_conflict_do_update(index_elements=["snapshot_id", "basis"], set_={"totals": statement.excluded.totals})
    )


def snapshots_until(session: Session, snapshot: Snapshot) -> Sequence[Snapshot]:
    """Return the client's last twelve snapshots up to ``snapshot`` and narrowed like it, the newest first.

    Of those that one run of a schedule took the last one stands for all.
    """
    earlier = or_(
        Snapshot.taken_at < snapshot.taken_at,
        and_(Snapshot.taken_at == snapshot.taken_at, Snapshot.id <= snapshot.id),
    )
    alike = (Snapshot.client_id == snapshot.client_id, is_like(snapshot), ~is_superseded(snapshot))
    of_client = select(Snapshot).where(*alike, earlier)
    return session.scalars(of_client.order_by(Snapshot.taken_at.desc(), Snapshot.id.desc()).limit(MAX_TREND_POINTS)).all()


def without_totals(session: Session, snapshots: Sequence[Snapshot], basis: bytes) -> list[Snapshot]:
    """Return those of ``snapshots`` that have no totals on this basis yet."""
    known = select(SnapshotTotals.snapshot_id).where(
        SnapshotTotals.snapshot_id.in_([snapshot.id for snapshot in snapshots]), SnapshotTotals.basis == basis
    )
    found = set(session.scalars(known))
    return [snapshot for snapshot in snapshots if snapshot.id not in found]


def trend_of(session: Session, client_id: UUID, basis: bytes, like: Snapshot, *, until: Snapshot | None = None) -> Trend:
    """Return the course of a client's last twelve snapshots that have totals on this basis, the oldest first.

    Those that were narrowed otherwise than ``like`` are passed over, those that a run of a schedule took before its last,
    and those after ``until``.
    """
    points = (
        select(SnapshotTotals.totals, Snapshot)
        .join(Snapshot, Snapshot.id == SnapshotTotals.snapshot_id)
        .where(Snapshot.client_id == client_id, SnapshotTotals.basis == basis, is_like(like))
        .where(~is_superseded(until))
    )
    if until is not None:
        points = points.where(
            or_(Snapshot.taken_at < until.taken_at, and_(Snapshot.taken_at == until.taken_at, Snapshot.id <= until.id))
        )
    newest = session.execute(points.order_by(Snapshot.taken_at.desc(), Snapshot.id.desc()).limit(MAX_TREND_POINTS)).all()
    return Trend(points=tuple(_point(totals, snapshot) for totals, snapshot in reversed(newest)))


def _point(totals: object, snapshot: Snapshot) -> TrendPoint:
    point = msgspec.convert(totals, TrendPoint)
    return msgspec.structs.replace(point, unread_subscriptions=len(refused_in(snapshot)))
