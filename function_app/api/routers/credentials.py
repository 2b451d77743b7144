"""``/credentials``: what signs in elsewhere than at Azure, so that its health can be watched."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from function_app.api import storing
from function_app.api.answers import json_answer, row_answer, version_of
from function_app.api.dependencies import ConnectionReader, ConnectionWriter, IdempotencyKey
from function_app.api.models import credentials as models
from function_app.api.models.common import ALWAYS, failures
from function_app.api.paging import Paging
from function_app.api.routers.clients import IfMatch
from shared.audit.log import Target
from shared.audit.types import AuditType
from shared.credential_health import health_lists, stored
from shared.credential_health.stored import CredentialNotFoundError
from shared.database.reading import read_in

router = APIRouter(prefix="/credentials", tags=["Credentials"])

_READ: dict[int | str, dict[str, Any]] = {200: {"model": models.Credential}}


@router.get("", responses={200: {"model": models.CredentialPage}, **failures(*ALWAYS)})
def list_credentials(caller: ConnectionReader, wanted: Annotated[models.CredentialsWanted, Query()]) -> Response:
    """List stored credentials, page by page; Azure's are connections."""
    page = Paging("credentials", health_lists.STORED_ORDERS, wanted.sort, wanted)
    query = health_lists.stored(
        search=wanted.search,
        provider=wanted.provider,
        credential_type=wanted.credential_type,
        client_id=wanted.client_id,
        place=page.place,
    )
    return page.answer(caller, query)


@router.post(
    "",
    status_code=201,
    responses={
        201: {"model": models.Credential, "description": "Created; `Location` says where."},
        **failures(*ALWAYS, 404, 409),
    },
)
def create_credential(credential: models.NewCredential, caller: ConnectionWriter, key: IdempotencyKey = None) -> Response:
    """Store a credential. Its secret goes to the vault and is never shown again; it is checked within a minute or two."""
    return storing.create(caller, credential, key)


@router.get("/providers", responses={200: {"model": models.ProvidersOffered}, **failures(*ALWAYS)})
def list_credential_providers(caller: ConnectionReader) -> Response:
    """List who can say whether credentials work, and what each type of credentials takes."""
    caller.verify()
    return json_answer({"items": storing.offered()})


@router.get("/{credential_id}", responses={**_READ, **failures(*ALWAYS, 404)})
def get_credential(credential_id: UUID, caller: ConnectionReader) -> Response:
    """Get a stored credential; its ETag is what a change has to name."""
    with caller.transaction() as session:
        found = read_in(session, health_lists.stored_one(credential_id))
        if not found:
            raise CredentialNotFoundError
        caller.log(session, AuditType.CREDENTIAL_READ, Target("credential", credential_id, found[0]["name"]))
    return row_answer(found[0])


@router.patch("/{credential_id}", responses={**_READ, **failures(*ALWAYS, 404, 409, 412, 428)})
def change_credential(
    credential_id: UUID, change: models.CredentialChange, caller: ConnectionWriter, if_match: IfMatch = None
) -> Response:
    """Change some fields of a stored credential, if it still is as you read it: send the ETag in `If-Match`.

    A secret sent becomes the new version and is checked at once; the one before is put out of use within minutes.
    """
    return storing.change(caller, credential_id, change, version=version_of(if_match))


@router.delete("/{credential_id}", status_code=204, response_class=Response, responses=failures(*ALWAYS, 404))
def delete_credential(credential_id: UUID, caller: ConnectionWriter) -> None:
    """Delete a stored credential with its history; its secret is purged from the vault within a minute."""
    with caller.transaction() as session:
        row = stored.delete(session, credential_id)
        caller.log(session, AuditType.CREDENTIAL_DELETED, Target("credential", credential_id, row.name))
