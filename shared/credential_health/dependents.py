"""Who depends on a credential: the schedules that use it, and the clients they and it are for."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, any_, literal, or_, select
from sqlalchemy.orm import Session

from shared.credential_health.subjects import Subject
from shared.database.tables import AzureConnection, Schedule
from shared.events.payloads import MAX_ITEMS, Dependents


def dependents_of(session: Session, subject: Subject) -> Dependents:
    """Return who depends on a credential, the first 50 of each."""
    own = [subject.client_id] if subject.client_id is not None else []
    if not isinstance(subject.row, AzureConnection):
        return Dependents(client_ids=own)
    found = session.execute(
        select(Schedule.id, Schedule.client_ids, Schedule.work["all_clients"].astext.label("all_clients"))
        .where(Schedule.deleted_at.is_(None), _uses(subject))
        .order_by(Schedule.id)
        .limit(MAX_ITEMS)
    ).all()
    # A connection of one client serves no other.
    served = own or [client_id for row in found for client_id in row.client_ids]
    clients: list[UUID] = list(dict.fromkeys(served))
    return Dependents(
        schedule_ids=[row.id for row in found],
        client_ids=clients[:MAX_ITEMS],
        has_more_clients=not own
        and (len(clients) > MAX_ITEMS or len(found) == MAX_ITEMS or any(row.all_clients == "true" for row in found)),
    )


def _uses(subject: Subject) -> ColumnElement[bool]:
    named = Schedule.connection_id == subject.id
    if subject.client_id is None:
        return named
    # Live reports that name no connection are fetched through each client's own.
    is_live = and_(
        Schedule.work_kind == "report", Schedule.work["source"].astext == "live", Schedule.connection_id.is_(None)
    )
    of_client = or_(literal(subject.client_id) == any_(Schedule.client_ids), Schedule.work["all_clients"].astext == "true")
    return or_(named, and_(is_live, of_client))
