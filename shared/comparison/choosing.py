"""Which earlier snapshot a report is compared with."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from shared.comparison.reach import are_alike, is_of_run, reach_of, refused_in
from shared.database.tables import Report, Snapshot
from shared.language.marking import marked
from shared.reports.options import ComparisonChoice, ComparisonMode

_MAX_CANDIDATES = 12
FIRST_SNAPSHOT = marked("There is no earlier snapshot of this client to compare with.")
NONE_COMPARABLE = marked("No earlier snapshot of this client holds the same subscriptions and categories to compare with.")
NOT_WANTED = marked("The order asked for no comparison.")
CHOSEN_IS_GONE = marked("The report that was to be compared with is gone.")
CHOSEN_HAS_NONE = marked("The report that was to be compared with has no imported recommendations.")

_HOLDS = text("""
select array_agg(distinct lower(coalesce(nullif(subscription_id, ''), subscription_name))) as subscriptions,
    array_agg(distinct category) as categories
from recommendation where snapshot_id = :snapshot_id
""")


@dataclass(frozen=True)
class Earlier:
    """The earlier side of a comparison, or why there is none."""

    snapshot: Snapshot | None
    report_id: UUID | None = None
    """The newest report of that snapshot, whose recommendations added by hand belong to it."""
    reason: str = ""


def earlier_of(session: Session, snapshot: Snapshot, report_id: UUID, choice: ComparisonChoice) -> Earlier:
    """Return what a report of ``snapshot`` is compared with.

    Without a choice it is the client's newest earlier snapshot that holds at least half of the same subscriptions and half
    of the same categories: an export of one category says nothing of the others, nor does what a filter left out. One for
    which subscriptions of this snapshot could not be read gives way to one of before that has them. The same files once
    more are passed over.
    """
    if choice.mode is ComparisonMode.NONE:
        return Earlier(None, reason=NOT_WANTED)
    if choice.mode is ComparisonMode.CHOSEN:
        return _chosen(session, snapshot, choice.report_id)
    candidates = session.scalars(
        select(Snapshot)
        .where(
            Snapshot.client_id == snapshot.client_id,
            Snapshot.id != snapshot.id,
            Snapshot.taken_at < snapshot.taken_at,
            # What one run of a schedule fetched for its other types is minutes old: nothing can have changed since.
            ~is_of_run(report_id),
        )
        .order_by(Snapshot.taken_at.desc(), Snapshot.id.desc())
        .limit(_MAX_CANDIDATES)
    ).all()
    others = [candidate for candidate in candidates if not _is_twin(candidate, snapshot)]
    if not others:
        return Earlier(None, reason=FIRST_SNAPSHOT)
    return _newest_comparable(session, snapshot, report_id, others)


def _newest_comparable(session: Session, snapshot: Snapshot, report_id: UUID, others: Sequence[Snapshot]) -> Earlier:
    reach = reach_of(snapshot)
    my_subscriptions, my_categories = _holds(session, snapshot.id)
    second_best = None
    for candidate in others:
        if not are_alike(candidate, snapshot):
            continue
        subscriptions, categories = _holds(session, candidate.id)
        within = {one for one in subscriptions if reach.holds(one)}
        if not _mostly_same(my_subscriptions, within) or not _mostly_same(my_categories, categories):
            continue
        if my_subscriptions.isdisjoint(refused_in(candidate)):
            return Earlier(candidate, _newest_report(session, candidate.id, report_id))
        second_best = second_best or candidate
    if second_best is not None:
        return Earlier(second_best, _newest_report(session, second_best.id, report_id))
    return Earlier(None, reason=NONE_COMPARABLE)


def _chosen(session: Session, snapshot: Snapshot, report_id: UUID | None) -> Earlier:
    report = session.scalars(
        select(Report).where(Report.id == report_id, Report.client_id == snapshot.client_id, Report.deleted_at.is_(None))
    ).one_or_none()
    if report is None:
        return Earlier(None, reason=CHOSEN_IS_GONE)
    if report.snapshot_id is None:
        return Earlier(None, reason=CHOSEN_HAS_NONE)
    return Earlier(session.get_one(Snapshot, report.snapshot_id), report.id)


def _newest_report(session: Session, snapshot_id: UUID, but: UUID) -> UUID | None:
    reports = select(Report.id).where(
        Report.snapshot_id == snapshot_id, Report.id != but, Report.deleted_at.is_(None), Report.state == "completed"
    )
    return session.scalars(reports.order_by(Report.id.desc()).limit(1)).one_or_none()


def _holds(session: Session, snapshot_id: UUID) -> tuple[set[str], set[str]]:
    row = session.execute(_HOLDS, {"snapshot_id": snapshot_id}).one()
    return set(row.subscriptions or ()), set(row.categories or ())


def _is_twin(one: Snapshot, other: Snapshot) -> bool:
    """Whether both were made of the very same files: nothing can have changed, and what did change would be hidden."""
    checksums = [[file["sha256"] for file in snapshot.details.get("files", ())] for snapshot in (one, other)]
    return bool(checksums[0]) and checksums[0] == checksums[1]


def _mostly_same(one: set[str], other: set[str]) -> bool:
    # A snapshot without any finding can be of anything.
    return not one or not other or 2 * len(one & other) >= len(one | other)
