"""The history of a client's findings: when each was first and last seen."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.comparison.keys import CROSS_KEY, is_portal
from shared.database.tables import Finding, Snapshot
from shared.reports.manual import ManualRecommendation

# Two jobs may note findings of one client at once: they take turns, or they would wait for each other's rows in a circle.
_TURN = text("select pg_advisory_xact_lock(hashtextextended('findings of ' || :client_id, 0))")
_NOTE = f"""
insert into finding (tenant_id, client_id, fingerprint, cross_key, from_portal, first_seen_at, last_seen_at)
select distinct on (fingerprint) tenant_id, :client_id, fingerprint, {CROSS_KEY},
    :from_portal, :taken_at, :taken_at
from recommendation where snapshot_id = :snapshot_id
order by fingerprint
on conflict (client_id, fingerprint) do update
    set first_seen_at = least(finding.first_seen_at, excluded.first_seen_at),
        last_seen_at = greatest(finding.last_seen_at, excluded.last_seen_at),
        cross_key = excluded.cross_key
"""  # noqa: S608 - own texts


def note_findings(session: Session, snapshot_id: UUID) -> None:
    """Enter the findings of a snapshot into its client's history, once; in any order of snapshots the result is the same."""
    snapshot = session.get_one(Snapshot, snapshot_id)
    if snapshot.findings_noted:
        return
    _take_turn(session, snapshot.client_id)
    session.execute(
        text(_NOTE),
        {
            "client_id": snapshot.client_id,
            "snapshot_id": snapshot_id,
            "from_portal": is_portal(snapshot.source_format),
            "taken_at": snapshot.taken_at,
        },
    )
    snapshot.findings_noted = True
    session.flush()


def note_manual(session: Session, snapshot: Snapshot, manual: Sequence[ManualRecommendation]) -> None:
    """Enter what was added to a report by hand into the history too, as seen when its snapshot was taken."""
    fingerprints = sorted({given.as_recommendation().fingerprint for given in manual})
    if not fingerprints:
        return
    _take_turn(session, snapshot.client_id)
    statement = insert(Finding).values(
        [
            {
                "tenant_id": snapshot.tenant_id,
                "client_id": snapshot.client_id,
                "fingerprint": fingerprint,
                # No other source tells of it.
                "cross_key": fingerprint,
                "from_portal": False,
                "first_seen_at": snapshot.taken_at,
                "last_seen_at": snapshot.taken_at,
            }
            for fingerprint in fingerprints
        ]
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["client_id", "fingerprint"],
            set_={
                "first_seen_at": func.least(Finding.first_seen_at, statement.excluded.first_seen_at),
                "last_seen_at": func.greatest(Finding.last_seen_at, statement.excluded.last_seen_at),
            },
        )
    )


def _take_turn(session: Session, client_id: UUID) -> None:
    session.execute(_TURN, {"client_id": str(client_id)})
