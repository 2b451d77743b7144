"""Telling that a connection which worked does not any more; once, until it works again."""

from sqlalchemy.orm import Session

from shared import events
from shared.connections.verdict import Verdict
from shared.database.tables import AzureConnection
from shared.events.payloads import ConnectionFailed, short


def tell_of_failure(session: Session, connection: AzureConnection, verdict: Verdict) -> None:
    """Record that the connection failed, and why; the caller knows that it had worked until now."""
    payload = ConnectionFailed(
        connection_id=connection.id,
        name=short(connection.name),
        link=f"/api/v1/connections/{connection.id}",
        error_code=short(verdict.error_code),
        error=short(verdict.message),
        next_step=short(verdict.next_step),
    )
    events.record(session, connection.tenant_id, payload, client_id=connection.client_id)
