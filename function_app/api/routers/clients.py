"""``/clients``: those for whom reports are made."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response
from sqlalchemy.orm import Session

from function_app.api import creation
from function_app.api.answers import changed_answer, tagged_answer, version_of, version_tag
from function_app.api.callers import Caller
from function_app.api.dependencies import ClientReader, ClientWriter, IdempotencyKey
from function_app.api.models.clients import Client, ClientChange, NewClient
from function_app.api.models.common import ALWAYS, failures
from shared.audit.log import Target
from shared.audit.types import AuditType
from shared.branding import stored as branding
from shared.database.reading import read_in
from shared.database.tables import Client as ClientRow
from shared.reporting import clients
from shared.reporting.clients import ClientNotFoundError
from shared.reporting.idempotency import Outcome

router = APIRouter(prefix="/clients", tags=["Clients"])

IfMatch = Annotated[
    str | None, Header(alias="If-Match", max_length=100, description="ETag of the version the change is based on, or `*`.")
]


@router.post(
    "",
    status_code=201,
    responses={201: {"model": Client, "description": "Created; `Location` says where."}, **failures(*ALWAYS, 409)},
)
def create_client(client: NewClient, caller: ClientWriter, key: IdempotencyKey = None) -> Response:
    """Create a client."""
    request = creation.named(key, "POST /clients", client.model_dump_json())

    def create() -> Outcome:
        row = clients.create(session, caller.tenant_id, client.model_dump())
        _log(session, caller, row, "created")
        return creation.created("clients", read_in(session, clients.reading(row.id))[0])

    with caller.transaction() as session:
        return creation.answer(session, caller, request, create)


@router.get(
    "/{client_id}",
    responses={
        200: {"model": Client},
        304: {"description": "Unchanged since the `If-None-Match` given."},
        **failures(*ALWAYS, 404),
    },
)
def get_client(client_id: UUID, caller: ClientReader, request: Request) -> Response:
    """Get a client; its ETag is what a change has to name."""
    client = caller.read_one(clients.reading(client_id), ClientNotFoundError)
    return tagged_answer(request, client, etag=version_tag(client["version"]))


@router.patch(
    "/{client_id}",
    responses={200: {"model": Client}, **failures(*ALWAYS, 404, 409, 412, 428)},
)
def change_client(client_id: UUID, change: ClientChange, caller: ClientWriter, if_match: IfMatch = None) -> Response:
    """Change some fields of a client, if it still is as you read it: send the ETag in `If-Match`."""
    version = version_of(if_match)
    with caller.transaction() as session:
        fields = change.model_dump(exclude_unset=True)
        row = clients.change(session, client_id, fields, version=version)
        _log(session, caller, row, "changed", fields=sorted(fields))
        client = read_in(session, clients.reading(client_id))[0]
    return changed_answer(client)


@router.delete("/{client_id}", status_code=204, response_class=Response, responses=failures(*ALWAYS, 404))
def delete_client(client_id: UUID, caller: ClientWriter) -> None:
    """Delete a client and its reports; reports being made are cancelled."""
    with caller.transaction() as session:
        logo = branding.forget(session, client_id)
        gone = clients.delete(session, client_id)
        _log(session, caller, gone.client, "deleted", reports=gone.report_count)
        for connection in gone.connections:
            caller.log(session, AuditType.CREDENTIAL_DELETED, Target("connection", connection.id, connection.name))
        for credential in gone.credentials:
            caller.log(session, AuditType.CREDENTIAL_DELETED, Target("credential", credential.id, credential.name))
    branding.remove_logo_file(caller.services.blobs, logo)
    branding.remove_preview(caller.services.blobs, caller.tenant_id, client_id)


def _log(session: Session, caller: Caller, client: ClientRow, action: str, **details: Any) -> None:
    target = Target("client", client.id, client.name)
    caller.log(session, AuditType.CLIENT_CHANGED, target, details={"action": action, **details})
