"""Azure connections in and out. Secrets come in and never go out."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, SecretStr, StringConstraints, field_validator

from function_app.api.models.common import ONE_LINE, STORABLE, Given
from function_app.api.models.jobs import Job
from shared.connections import certificates, intake, selection
from shared.connections.selection import SelectionMode
from shared.database.tables.azure_connection import ConnectionKind, ConnectionStatus


def _encodable(value: SecretStr) -> SecretStr:
    # JSON can spell halves of characters, of which no text consists.
    try:
        value.get_secret_value().encode()
    except UnicodeEncodeError:
        raise ValueError("must be text") from None
    return value


_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), ONE_LINE]
_Secret = Annotated[SecretStr, Field(min_length=1, max_length=intake.MAX_SECRET_CHARS), AfterValidator(_encodable)]
_Certificate = Annotated[SecretStr, Field(min_length=1, max_length=certificates.MAX_CHARS), AfterValidator(_encodable)]
_SubscriptionId = Annotated[str, StringConstraints(max_length=36), STORABLE]
_Text = Annotated[str, StringConstraints(max_length=512), STORABLE]

_ABOUT_SECRETS = "Client secret of the application; kept in the vault, never shown again."
_ABOUT_CERTIFICATES = (
    "Certificate with its private key, as PEM text or as a PKCS 12 file (.pfx) in base64; kept in the vault, never shown "
    "again."
)


class SubscriptionSelection(Given):
    """Which of the subscriptions that a connection sees are read; the mode says which other field counts."""

    mode: SelectionMode = Field(SelectionMode.ALL, examples=["tag"])
    subscription_ids: list[_SubscriptionId] = Field(
        [], max_length=selection.MAX_SUBSCRIPTIONS, description="Of mode `some`: their ids."
    )
    tag: _Text = Field("", examples=["environment"], description="Of mode `tag`: its name, compared without case.")
    tag_values: list[_Text] = Field(
        [], max_length=selection.MAX_TAG_VALUES, examples=[["production"]], description="Its values; none: any value."
    )
    management_groups: list[_Text] = Field(
        [], max_length=selection.MAX_GROUPS, description="Of mode `management_group`: ids; everything below them is chosen."
    )

    def chosen(self) -> selection.Selection:
        """Return what was chosen; raises :class:`~shared.connections.selection.SelectionInvalidError`."""
        return selection.selection_of(self.model_dump(mode="json"))


class NewConnection(Given):
    """A connection to be; its kind says which of the other fields it needs."""

    name: _Name = Field(examples=["Contoso production"])
    kind: ConnectionKind = Field(
        description="`managed_identity`: as this installation, let in by Azure Lighthouse or a role. `workload_identity`: "
        "as an application that trusts this installation's identity; no secret. `service_principal_certificate`, "
        "`service_principal_secret`: as an application with what you send. The first two lean on the identity that all "
        "tenants of this installation share, so that making them needs the scope `admin` as well."
    )
    client_id: UUID | None = Field(None, description="The client whose estate it reads; left out: any of yours.")
    directory_id: UUID | None = Field(
        None,
        description="Entra tenant to sign in to. Of `managed_identity` optional: only its subscriptions count.",
    )
    application_id: UUID | None = Field(None, description="Application (client) id; not of `managed_identity`.")
    secret: _Secret | None = Field(None, description=_ABOUT_SECRETS)
    secret_expires_at: AwareDatetime | None = Field(None, description="When the secret ends; Entra does not tell.")
    certificate: _Certificate | None = Field(None, description=_ABOUT_CERTIFICATES)
    certificate_password: _Secret | None = Field(None, description="Opens the private key, where it is locked.")
    selection: SubscriptionSelection = Field(
        default_factory=SubscriptionSelection, description="Read where an order does not say otherwise."
    )

    def check(self) -> None:
        """Raise 422 that names each field which the kind needs or does not know."""
        wrong = [*_beyond(self.kind, self.model_fields_set, self), *_missing(self.kind, self)]
        if wrong:
            raise RequestValidationError(wrong)


class ConnectionChange(Given):
    """What to change; fields left out stay as they are. A secret or certificate sent becomes the new version."""

    name: _Name = Field("", examples=["Contoso production"])
    client_id: UUID | None = None
    directory_id: UUID | None = None
    application_id: UUID | None = None
    secret: _Secret | None = Field(None, description=_ABOUT_SECRETS)
    secret_expires_at: AwareDatetime | None = None
    certificate: _Certificate | None = Field(None, description=_ABOUT_CERTIFICATES)
    certificate_password: _Secret | None = None
    selection: SubscriptionSelection = Field(default_factory=SubscriptionSelection)

    @field_validator("application_id", "secret", "certificate")
    @classmethod
    def _not_emptied(cls, value: Any) -> Any:
        if value is None:
            raise ValueError("cannot be emptied; leave it out to keep it")
        return value

    def check(self, kind: ConnectionKind) -> None:
        """Raise 422 that names each field which ``kind`` does not know or cannot be without."""
        wrong = _beyond(kind, self.model_fields_set, self)
        if kind is not ConnectionKind.MANAGED_IDENTITY and "directory_id" in self.model_fields_set and not self.directory_id:
            wrong.append(_wrong("directory_id", "missing", f"A connection of kind {kind} needs it."))
        if "secret_expires_at" in self.model_fields_set and self.secret is None:
            wrong.append(_wrong("secret", "missing", "Its end is told with the secret itself."))
        if wrong:
            raise RequestValidationError(wrong)


class ConnectionTest(BaseModel):
    """What the last test of a connection found."""

    success: bool = Field(description="Whether it signs in and sees subscriptions whose recommendations can be read.")
    subscriptions_visible: int
    missing_permissions: list[str] = Field(examples=[["Microsoft.Advisor/recommendations/read"]])
    error_code: str | None = Field(examples=["secret_expired"], description="Stable, machine-readable.")
    message: str = Field(examples=["The client secret has expired. (AADSTS7000222)"], description="One plain sentence.")
    next_step: str
    duration_ms: int


class Connection(BaseModel):
    """An Azure connection, without what it signs in with."""

    id: UUID
    name: str
    client_id: UUID | None
    kind: ConnectionKind
    directory_id: UUID | None
    application_id: UUID | None
    certificate_thumbprint: str | None = Field(description="As Entra shows it for the application (SHA-1).")
    has_secret: bool
    secret_set_at: datetime | None
    secret_expires_at: datetime | None
    selection: SubscriptionSelection
    status: ConnectionStatus
    tested_at: datetime | None
    last_test: ConnectionTest | None
    test_job_id: UUID | None = Field(description="The job that was last asked to test it.")
    subscriptions_seen_at: datetime | None = Field(description="When its subscriptions were last listed.")
    subscriptions_visible: int
    version: int = Field(description="Goes up with every change; also the ETag.")
    created_at: datetime
    updated_at: datetime


class ConnectionPage(BaseModel):
    """One page of connections."""

    items: list[Connection]
    next_cursor: str | None


class ConnectionTested(BaseModel):
    """A test that will be made, and the job to poll; its `result` is a ConnectionTest."""

    connection: Connection
    job: Job


class ManagementGroup(BaseModel):
    """One group above a subscription."""

    id: str
    name: str


class Subscription(BaseModel):
    """A subscription that a connection sees."""

    id: UUID
    subscription_id: str
    name: str
    state: str = Field(examples=["Enabled"])
    directory_id: str = Field(description="The directory it belongs to; under Azure Lighthouse not the one signed in to.")
    management_groups: list[ManagementGroup] = Field(description="From the root down; empty where they cannot be seen.")
    tags: dict[str, str]
    seen_at: datetime


class SubscriptionPage(BaseModel):
    """One page of subscriptions."""

    items: list[Subscription]
    next_cursor: str | None


class SelectionMeaning(BaseModel):
    """What a selection means at this moment."""

    count: int
    subscription_ids: list[str]
    unknown: list[str] = Field(description="Named, yet not seen by the connection.")


_OF_KIND = {
    ConnectionKind.MANAGED_IDENTITY: (),
    ConnectionKind.WORKLOAD_IDENTITY: ("application_id",),
    ConnectionKind.CERTIFICATE: ("application_id", "certificate", "certificate_password"),
    ConnectionKind.SECRET: ("application_id", "secret", "secret_expires_at"),
}
_DEMANDED = {
    ConnectionKind.MANAGED_IDENTITY: (),
    ConnectionKind.WORKLOAD_IDENTITY: ("directory_id", "application_id"),
    ConnectionKind.CERTIFICATE: ("directory_id", "application_id", "certificate"),
    ConnectionKind.SECRET: ("directory_id", "application_id", "secret"),
}


def _missing(kind: ConnectionKind, given: BaseModel) -> list[dict[str, Any]]:
    return [
        _wrong(name, "missing", f"A connection of kind {kind} needs it.")
        for name in _DEMANDED[kind]
        if getattr(given, name) is None
    ]


def _beyond(kind: ConnectionKind, names: set[str], given: BaseModel) -> list[dict[str, Any]]:
    known = _OF_KIND[kind]
    special = {name for fields in _OF_KIND.values() for name in fields}
    return [
        _wrong(name, "extra_forbidden", f"A connection of kind {kind} has none.")
        for name in sorted(names & special)
        if name not in known and getattr(given, name) is not None
    ]


def _wrong(field: str, code: str, message: str) -> dict[str, Any]:
    return {"loc": ("body", field), "type": code, "msg": message}
