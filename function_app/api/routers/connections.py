"""``/connections``: how this product gets into Azure, and what it sees there."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from function_app.api import connecting, creation
from function_app.api.answers import json_answer, row_answer, version_of
from function_app.api.callers import Caller
from function_app.api.dependencies import ConnectionReader, ConnectionWriter, IdempotencyKey
from function_app.api.models.common import ALWAYS, failures
from function_app.api.models.connections import (
    Connection,
    ConnectionChange,
    ConnectionTested,
    NewConnection,
    SelectionMeaning,
    SubscriptionPage,
    SubscriptionSelection,
)
from function_app.api.models.lists import SubscriptionsWanted
from function_app.api.ordering import job_path
from function_app.api.paging import Paging
from function_app.api.routers.clients import IfMatch
from shared.audit.log import Target
from shared.audit.types import AuditType
from shared.connections import connections, examining, selection, subscriptions
from shared.connections.connections import ConnectionNotFoundError
from shared.database.reading import read_in
from shared.database.tables import Job
from shared.reporting import job_lists
from shared.reporting.idempotency import Outcome

router = APIRouter(prefix="/connections", tags=["Connections"])

_TESTED: dict[str, Any] = {
    "model": ConnectionTested,
    "description": "Accepted; poll the job that `Location` names. Its `result` is also the connection's `last_test`.",
    "headers": {"Location": {"schema": {"type": "string"}, "description": "Path of the job to poll."}},
}


@router.post(
    "",
    status_code=201,
    responses={201: {"model": Connection, "description": "Created; `Location` says where."}, **failures(*ALWAYS, 404, 409)},
)
def create_connection(connection: NewConnection, caller: ConnectionWriter, key: IdempotencyKey = None) -> Response:
    """Create a connection. Its secret or certificate goes to the vault and is never shown again; test it next.

    Certificates of a tenant are opened one at a time; `keys_busy` (503) asks to send one again in a moment.
    """
    return connecting.create(caller, connection, key)


@router.get("/{connection_id}", responses={200: {"model": Connection}, **failures(*ALWAYS, 404)})
def get_connection(connection_id: UUID, caller: ConnectionReader) -> Response:
    """Get a connection; its ETag is what a change has to name."""
    with caller.transaction() as session:
        found = read_in(session, connections.reading(connection_id))
        if not found:
            raise ConnectionNotFoundError
        connection = found[0]
        caller.log(session, AuditType.CREDENTIAL_READ, Target("connection", connection_id, connection["name"]))
    return row_answer(connection)


@router.patch(
    "/{connection_id}",
    responses={200: {"model": Connection}, **failures(*ALWAYS, 404, 409, 412, 428)},
)
def change_connection(
    connection_id: UUID, change: ConnectionChange, caller: ConnectionWriter, if_match: IfMatch = None
) -> Response:
    """Change some fields of a connection, if it still is as you read it: send the ETag in `If-Match`.

    A secret or certificate sent becomes the new version; the one before is put out of use within minutes. `keys_busy` (503)
    asks to send a certificate again in a moment.
    """
    return connecting.change(caller, connection_id, change, version=version_of(if_match))


@router.delete("/{connection_id}", status_code=204, response_class=Response, responses=failures(*ALWAYS, 404))
def delete_connection(connection_id: UUID, caller: ConnectionWriter) -> None:
    """Delete a connection. Its secret is purged from the vault within a minute, or as soon as the vault answers."""
    with caller.transaction() as session:
        name = connections.find(session, connection_id).name
        connections.delete(session, connection_id)
        caller.log(session, AuditType.CREDENTIAL_DELETED, Target("connection", connection_id, name))


@router.post("/{connection_id}/test", status_code=202, responses={202: _TESTED, **failures(*ALWAYS, 404, 409)})
def ask_for_test(connection_id: UUID, caller: ConnectionWriter, key: IdempotencyKey = None) -> Response:
    """Sign in, list the visible subscriptions and look whether their recommendations can be read.

    A test that is under way already is answered instead of another.
    """
    return _examine(caller, connection_id, key, f"POST /connections/{connection_id}/test")


@router.post(
    "/{connection_id}/subscriptions/refresh", status_code=202, responses={202: _TESTED, **failures(*ALWAYS, 404, 409)}
)
def refresh_subscriptions(connection_id: UUID, caller: ConnectionWriter, key: IdempotencyKey = None) -> Response:
    """List the subscriptions of a connection anew, with their places and tags; also tests it."""
    return _examine(caller, connection_id, key, f"POST /connections/{connection_id}/subscriptions/refresh")


@router.get("/{connection_id}/subscriptions", responses={200: {"model": SubscriptionPage}, **failures(*ALWAYS, 404)})
def list_subscriptions(
    connection_id: UUID, caller: ConnectionReader, wanted: Annotated[SubscriptionsWanted, Query()]
) -> Response:
    """List the subscriptions that a connection saw at its last test, page by page."""
    caller.read_one(connections.reading(connection_id), ConnectionNotFoundError)
    page = Paging(f"subscriptions of {connection_id}", subscriptions.ORDERS, wanted.sort, wanted)
    query = subscriptions.listing(
        connection_id,
        search=wanted.search,
        state=wanted.state,
        management_group=wanted.management_group,
        tag=wanted.tag,
        tag_value=wanted.tag_value,
        place=page.place,
    )
    return page.answer(caller, query)


@router.post(
    "/{connection_id}/subscriptions/resolve",
    responses={200: {"model": SelectionMeaning}, **failures(*ALWAYS, 404, 409)},
)
def resolve_selection(connection_id: UUID, chosen: SubscriptionSelection, caller: ConnectionReader) -> Response:
    """See which subscriptions a selection means at this moment, before a connection or an order is given it."""
    with caller.transaction() as session:
        found = selection.resolve(session, connection_id, chosen.chosen())
    ids = list(found.subscription_ids)
    return json_answer({"count": len(ids), "subscription_ids": ids, "unknown": list(found.unknown)})


def _examine(caller: Caller, connection_id: UUID, key: str | None, route: str) -> Response:
    def ask(session: Session) -> tuple[Outcome, Job | None]:
        job, is_new = examining.ask(session, connection_id, trace_id=caller.trace_id)
        connection = read_in(session, connections.reading(connection_id))[0]
        caller.log(session, AuditType.CREDENTIAL_TESTED, Target("connection", connection_id, connection["name"]))
        body = {
            "connection": connection,
            "job": read_in(session, job_lists.reading(job.id))[0],
        }
        return Outcome(202, {"Location": job_path(job.id)}, body), job if is_new else None

    return creation.set_going(caller, creation.named(key, route), ask)
