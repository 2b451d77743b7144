"""Setting marks on findings, reading them, and their history."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from shared.comparison.marks import Mark, MarkStatus
from shared.database.tables import Finding, FindingMark
from shared.errors import NotFoundError
from shared.identifiers import new_id

CLEARED = "cleared"

# A mark holds for the same finding from another kind of source too, where that one bears none of its own. Marks are looked
# up one by one (``offset 0`` keeps it so): they are few, and of a history that has just been written the planner knows
# nothing, so that it would go through all of it for each finding.
_OF_REPORT = text("""
with newest as materialized (
    select distinct on (fingerprint) fingerprint, status, note, owner, due_on, marked_by, created_at
    from finding_mark where client_id = :client_id order by fingerprint, id desc
),
across as (
    select distinct on (twin.fingerprint) twin.fingerprint, n.status, n.note, n.owner, n.due_on, n.marked_by, n.created_at
    from newest n
    cross join lateral (
        select cross_key, from_portal from finding where client_id = :client_id and fingerprint = n.fingerprint offset 0
    ) marked
    cross join lateral (
        select fingerprint from finding
        where client_id = :client_id and cross_key = marked.cross_key and from_portal <> marked.from_portal offset 0
    ) twin
    cross join lateral (
        select count(*) as own_marks
        from finding_mark own where own.client_id = :client_id and own.fingerprint = twin.fingerprint
    ) marks
    where own_marks = 0
    order by twin.fingerprint, n.created_at desc
)
select * from newest where status <> 'cleared' union all select * from across where status <> 'cleared'
""")


class FindingNotFoundError(NotFoundError):
    """No snapshot of the client ever held such a finding."""

    code = "finding_not_found"

    def __init__(self) -> None:
        super().__init__(
            "No recommendation of this client has this fingerprint.",
            next_step="Take the fingerprint from the list of a report's recommendations.",
        )


def set_mark(
    session: Session, tenant_id: UUID, client_id: UUID, fingerprint: bytes, mark: Mark | None, *, marked_by: str
) -> FindingMark:
    """Set the mark of a finding, or clear it; what it bore before stays in its history.

    Raises :class:`FindingNotFoundError`.
    """
    require_finding(session, client_id, fingerprint)
    row = FindingMark(
        id=new_id(),
        tenant_id=tenant_id,
        client_id=client_id,
        fingerprint=fingerprint,
        status=mark.status.value if mark else CLEARED,
        note=mark.note if mark else "",
        owner=mark.owner if mark else "",
        due_on=mark.due_on if mark else None,
        marked_by=marked_by,
    )
    session.add(row)
    session.flush()
    return row


def marks_of(session: Session, client_id: UUID) -> dict[bytes, Mark]:
    """Return the marks that the client's findings bear, by fingerprint, also those of their twins from other sources."""
    return {bytes(row.fingerprint): _mark(row) for row in session.execute(_OF_REPORT, {"client_id": client_id})}


def require_finding(session: Session, client_id: UUID, fingerprint: bytes) -> None:
    """Return where the client has, or had, such a finding; else raise :class:`FindingNotFoundError`."""
    if session.get(Finding, (client_id, fingerprint)) is None:
        raise FindingNotFoundError


def _mark(row: Row[Any]) -> Mark:
    return Mark(
        status=MarkStatus(row.status),
        note=row.note,
        owner=row.owner,
        due_on=row.due_on,
        marked_by=row.marked_by,
        marked_at=row.created_at,
    )
