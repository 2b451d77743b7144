"""Making and changing stored credentials: their secrets go to the vault between two transactions, never within one.

Before a secret is sent to the vault, the first transaction notes where it will lie; the second writes the credential. Should
this process die in between, the upkeep finds the note and removes what nobody owns.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import orjson
from fastapi import Response
from pydantic import SecretStr

from function_app.api import creation
from function_app.api.answers import changed_answer, outcome_answer
from function_app.api.callers import Caller
from function_app.api.models.credentials import CredentialChange, NewCredential
from shared.audit.log import Target
from shared.audit.types import AuditType
from shared.connections.removal import STAGED_FOR
from shared.credential_health import health_lists, keeping, providers, stored
from shared.credential_health.enrolment import AZURE
from shared.credential_health.providers import ConfigurationInvalidError, Outside, Secret
from shared.database.reading import read_in
from shared.database.tables.azure_connection import ConnectionKind
from shared.identifiers import new_id
from shared.reporting import idempotency
from shared.reporting.clients import VersionConflictError
from shared.reporting.idempotency import Outcome, Request
from shared.telemetry import redaction

_MAX_CONFIGURATION_BYTES = 16_384


def create(caller: Caller, given: NewCredential, key: str | None) -> Response:
    """Make a credential and answer it, or what was answered to the same request before."""
    # Secrets are hashed slowly and addresses looked at: for callers who are known.
    caller.verify()
    secret = _secret(given.provider, given.credential_type, given.secret)
    configuration = _configuration(caller, given.provider, given.credential_type, given.configuration)
    _check_expiry(given.expires_at)
    request = _named(given, key)
    wanted = stored.NewCredential(
        name=given.name,
        provider=given.provider,
        credential_type=given.credential_type,
        configuration=configuration,
        client_id=given.client_id,
        expires_at=given.expires_at,
    )
    credential_id = new_id()
    with caller.transaction() as session:
        if request and (first := idempotency.earlier(session, request)):
            return outcome_answer(first)
        stored.check(session, wanted)
        keeping.look_after(session, caller.tenant_id, credential_id, delay=STAGED_FOR)
    version = keeping.put(caller.services, caller.tenant_id, credential_id, secret, given.expires_at)
    with caller.transaction() as session:

        def write() -> Outcome:
            row = stored.create(session, caller.tenant_id, credential_id, wanted, secret_version=version)
            told = {"provider": row.provider, "credential_type": row.credential_type}
            caller.log(session, AuditType.CREDENTIAL_CREATED, Target("credential", row.id, row.name), details=told)
            return creation.created("credentials", read_in(session, health_lists.stored_one(row.id))[0])

        return creation.answer(session, caller, request, write)


def change(caller: Caller, credential_id: UUID, given: CredentialChange, *, version: int | None) -> Response:
    """Change a credential that is at ``version`` (``None``: whichever) and answer it."""
    sent = given.model_fields_set
    fields = {name: getattr(given, name) for name in sent - {"secret", "configuration"}}
    if given.expires_at is not None:
        _check_expiry(given.expires_at)
    with caller.transaction() as session:
        row = stored.find(session, credential_id)
        if version is not None and row.version != version:
            raise VersionConflictError
        if given.secret is not None:
            keeping.look_after(session, caller.tenant_id, credential_id, delay=STAGED_FOR)
    if "configuration" in sent:
        fields["configuration"] = _configuration(caller, row.provider, row.credential_type, given.configuration)
    secret_version = None
    if given.secret is not None:
        secret = _secret(row.provider, row.credential_type, given.secret)
        expires_at = fields.get("expires_at", row.expires_at)
        secret_version = keeping.put(caller.services, caller.tenant_id, credential_id, secret, expires_at)
    with caller.transaction() as session:
        row = stored.change(session, credential_id, fields, version=version, secret_version=secret_version)
        told = {"fields": sorted(fields), "with_secret": secret_version is not None}
        caller.log(session, AuditType.CREDENTIAL_CHANGED, Target("credential", row.id, row.name), details=told)
        body = read_in(session, health_lists.stored_one(credential_id))[0]
    return changed_answer(body)


def offered() -> list[dict[str, Any]]:
    """Return all providers, and what each of their types takes."""
    found = [_azure()]
    for name, provider in sorted(providers.providers().items()):
        types = [
            {
                "name": each,
                "description": wanted.description,
                "configuration": msgspec.json.schema(wanted.configuration),
                "secret": msgspec.json.schema(wanted.secret),
            }
            for each, wanted in provider.types.items()
        ]
        found.append({"name": name, "checks_at_once": provider.at_once, "types": types})
    return found


def _azure() -> dict[str, Any]:
    types = [
        {"name": kind.value, "description": "An Azure connection of this kind.", "configuration": None, "secret": None}
        for kind in ConnectionKind
    ]
    return {"name": AZURE, "checks_at_once": providers.AZURE_AT_ONCE, "types": types}


def _configuration(caller: Caller, provider: str, credential_type: str, given: Mapping[str, Any]) -> dict[str, Any]:
    found, wanted = providers.type_of(provider, credential_type)
    if len(orjson.dumps(given)) > _MAX_CONFIGURATION_BYTES:
        raise ConfigurationInvalidError("The configuration is too long.", next_step="Keep it below 16 kB.")
    configuration = providers.converted(given, wanted.configuration, "configuration")
    found.accept(credential_type, configuration, Outside(caller.services.settings))
    kept: dict[str, Any] = msgspec.to_builtins(configuration)
    return kept


def _secret(provider: str, credential_type: str, given: Mapping[str, SecretStr]) -> Secret:
    values = {name: value.get_secret_value() for name, value in given.items()}
    for value in values.values():
        redaction.register_passing(value)
    _, wanted = providers.type_of(provider, credential_type)
    secret: Secret = providers.converted(values, wanted.secret, "secret")
    return secret


def _check_expiry(expires_at: datetime | None) -> None:
    if expires_at is not None and expires_at <= datetime.now(UTC) - timedelta(days=1):
        raise ConfigurationInvalidError("The credential has expired already.", next_step="Make a new one and send that.")


def _named(given: NewCredential, key: str | None) -> Request | None:
    hidden = orjson.dumps(
        {name: value.get_secret_value() for name, value in given.secret.items()}, option=orjson.OPT_SORT_KEYS
    )
    shown = given.model_dump_json(exclude={"secret"})
    return creation.named(key, "POST /credentials", shown, hidden=hidden)
