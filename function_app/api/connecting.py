"""Making and changing connections: their secrets go to the vault between two transactions, never within one.

Before a secret is sent to the vault, the first transaction notes where it will lie; the second writes the connection. Should
this process die in between, the upkeep finds the note and removes what nobody owns.
"""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import Response
from pydantic import SecretStr
from sqlalchemy.orm import Session

from function_app.api import creation
from function_app.api.answers import changed_answer, outcome_answer
from function_app.api.callers import Caller
from function_app.api.models.connections import ConnectionChange, NewConnection
from shared.access import Scope
from shared.audit.log import Target
from shared.audit.types import AuditType
from shared.connections import connections, intake, removal
from shared.connections.connections import KeptSecret
from shared.connections.intake import NewSecret
from shared.database.reading import read_in
from shared.database.tables.azure_connection import ConnectionKind
from shared.identifiers import new_id
from shared.reporting import idempotency
from shared.reporting.clients import VersionConflictError
from shared.reporting.idempotency import Outcome, Request

_SECRET_FIELDS = ("secret", "certificate", "certificate_password")


def create(caller: Caller, given: NewConnection, key: str | None) -> Response:
    """Make a connection and answer it, or what was answered to the same request before."""
    given.check()
    wanted = connections.NewConnection(
        name=given.name,
        kind=given.kind,
        directory_id=given.directory_id,
        application_id=given.application_id,
        client_id=given.client_id,
        selection=given.selection.chosen().stored(),
    )
    # To open a certificate takes time, and so does to recognise a request that holds secrets: for callers who are known.
    caller.verify()
    secret = _secret_in(caller, given)
    request = _named(given, key)
    connection_id = new_id()
    with caller.transaction() as session:
        if request and (first := idempotency.earlier(session, request)):
            return outcome_answer(first)
        if given.kind.is_ours:
            caller.require(Scope.ADMIN)
        connections.check(session, wanted)
        _note(session, caller, connection_id, secret)
    kept = _kept(caller, connection_id, secret)
    with caller.transaction() as session:

        def write() -> Outcome:
            row = connections.create(session, caller.tenant_id, connection_id, wanted, kept)
            told = {"kind": row.kind, "with_secret": kept is not None}
            caller.log(session, AuditType.CREDENTIAL_CREATED, Target("connection", row.id, row.name), details=told)
            return creation.created("connections", read_in(session, connections.reading(row.id))[0])

        return creation.answer(session, caller, request, write)


def change(caller: Caller, connection_id: UUID, given: ConnectionChange, *, version: int | None) -> Response:
    """Change a connection that is at ``version`` (``None``: whichever) and answer it."""
    caller.verify()
    secret = _secret_in(caller, given)
    fields = given.model_dump(exclude_unset=True, exclude={*_SECRET_FIELDS, "secret_expires_at", "selection"})
    if "selection" in given.model_fields_set:
        fields["selection"] = given.selection.chosen().stored()
    with caller.transaction() as session:
        connection = connections.find(session, connection_id)
        if version is not None and connection.version != version:
            raise VersionConflictError
        kind = ConnectionKind(connection.kind)
        given.check(kind)
        if kind.is_ours and fields.keys() & {"directory_id", "application_id"}:
            caller.require(Scope.ADMIN)
        _note(session, caller, connection_id, secret)
    kept = _kept(caller, connection_id, secret)
    with caller.transaction() as session:
        row = connections.change(session, connection_id, fields, version=version, kept=kept)
        told = {"fields": sorted(fields), "with_secret": kept is not None}
        caller.log(session, AuditType.CREDENTIAL_CHANGED, Target("connection", row.id, row.name), details=told)
        body = read_in(session, connections.reading(connection_id))[0]
    return changed_answer(body)


def _note(session: Session, caller: Caller, connection_id: UUID, secret: NewSecret | None) -> None:
    if secret is not None:
        removal.look_after(session, caller.tenant_id, connection_id, delay=removal.STAGED_FOR)


def _kept(caller: Caller, connection_id: UUID, secret: NewSecret | None) -> KeptSecret | None:
    return None if secret is None else intake.keep(caller.services, caller.tenant_id, connection_id, secret)


def _secret_in(caller: Caller, given: NewConnection | ConnectionChange) -> NewSecret | None:
    now = datetime.now(UTC)
    if given.secret is not None:
        return intake.client_secret(given.secret.get_secret_value(), given.secret_expires_at, now=now)
    if given.certificate is not None:
        password = given.certificate_password
        return intake.certificate(
            given.certificate.get_secret_value(),
            password.get_secret_value() if password else None,
            tenant_id=caller.tenant_id,
            now=now,
        )
    return None


def _named(given: NewConnection, key: str | None) -> Request | None:
    secrets = [value for name in _SECRET_FIELDS if isinstance(value := getattr(given, name), SecretStr)]
    shown = given.model_dump_json(exclude=set(_SECRET_FIELDS))
    hidden = "\0".join(secret.get_secret_value() for secret in secrets)
    return creation.named(key, "POST /connections", shown, hidden=hidden.encode())
