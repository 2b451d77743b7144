"""How many rows a tenant may have: kept exactly, however many are added at once."""

from sqlalchemy import ColumnElement, func, literal, select, text
from sqlalchemy.orm import Session

from shared.database.tables.base import Base

_TURN = text("select pg_advisory_xact_lock(hashtextextended('rows of ' || :name || current_setting('app.tenant_id'), 0))")


def has_room(session: Session, table: type[Base], most: int, *counted: ColumnElement[bool]) -> bool:
    """Return whether the session's tenant may have one more of the rows ``counted`` (all, where none is given).

    Who else asks that waits until this transaction has ended, so that nobody counts without what the other is adding.
    """
    session.execute(_TURN, {"name": table.__tablename__})
    found = select(literal(1)).select_from(table).where(*counted).limit(most).subquery()
    return session.scalars(select(func.count()).select_from(found)).one() < most
