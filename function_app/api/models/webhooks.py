"""Webhooks in and out. Addresses, headers and secrets come in; of them no more goes out than may be shown."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from function_app.api.models.common import STORABLE, Failure, Given
from function_app.api.paging import PageQuery
from shared.database.tables.webhook import DeliveryState, EndpointKind
from shared.events.types import EventType
from shared.outgoing.destination import MAX_URL_CHARS
from shared.webhooks import custom_headers, endpoints

_Url = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_URL_CHARS), STORABLE]
_Description = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), STORABLE]
_HeaderName = Annotated[str, StringConstraints(min_length=1, max_length=custom_headers.MAX_NAME_CHARS), STORABLE]
_HeaderValue = Annotated[str, StringConstraints(max_length=custom_headers.MAX_VALUE_CHARS), STORABLE]
_Headers = Annotated[dict[_HeaderName, _HeaderValue], Field(max_length=custom_headers.MAX_HEADERS)]
_EventTypes = Annotated[list[EventType], Field(max_length=len(EventType))]
_ClientIds = Annotated[list[UUID], Field(max_length=endpoints.MAX_CLIENTS)]

_ABOUT_URL = "https address; kept in the vault, and shown without its query (of chats: without its path)."
_ABOUT_HEADERS = "Sent with every message, such as `Authorization`; kept in the vault, only their names are shown."
_ABOUT_TYPES = "Only these events; none: all."
_ABOUT_CLIENTS = "Only events about these clients; none: all events, those about no client included."
_ABOUT_LEGACY = (
    "Send `X-Webhook-Signature: sha256=…`, `X-Webhook-Timestamp` and `X-Webhook-Event` as well, over the same bytes, by the "
    "newest secret alone."
)
_ABOUT_TIMEOUT = "Seconds in which it has to answer; `null`: the installation's (10 unless set otherwise)."
_ABOUT_ATTEMPTS = "Attempts at once, before the waits become long; `null`: the installation's (3 unless set otherwise)."


class NewWebhook(Given):
    """An endpoint to be."""

    kind: EndpointKind = Field(
        EndpointKind.STANDARD, description="`standard`: signed messages; `teams`, `slack`: a card in a chat, unsigned."
    )
    url: _Url = Field(examples=["https://hooks.example.com/advisor"], description=_ABOUT_URL)
    description: _Description = ""
    event_types: _EventTypes = Field(default=[], description=_ABOUT_TYPES)
    client_ids: _ClientIds = Field(default=[], description=_ABOUT_CLIENTS)
    headers: _Headers = Field(default={}, description=_ABOUT_HEADERS)
    legacy_headers: bool = Field(default=False, description=_ABOUT_LEGACY)
    timeout_s: int | None = Field(None, ge=1, le=60, description=_ABOUT_TIMEOUT)
    attempts: int | None = Field(None, ge=1, le=10, description=_ABOUT_ATTEMPTS)


class WebhookChange(Given):
    """What to change; fields left out stay as they are."""

    url: _Url = Field("https://hooks.example.com", description=_ABOUT_URL)
    description: _Description = ""
    event_types: _EventTypes = Field(default=[], description=_ABOUT_TYPES)
    client_ids: _ClientIds = Field(default=[], description=_ABOUT_CLIENTS)
    headers: _Headers = Field(default={}, description=_ABOUT_HEADERS + " Takes the place of all that there were.")
    legacy_headers: bool = Field(default=False, description=_ABOUT_LEGACY)
    timeout_s: int | None = Field(None, ge=1, le=60, description=_ABOUT_TIMEOUT)
    attempts: int | None = Field(None, ge=1, le=10, description=_ABOUT_ATTEMPTS)
    enabled: bool = Field(
        default=True, description="Events of the time in which it is disabled are held; replay them when it is enabled."
    )


class RotationWanted(Given):
    """How long the secret before the new one signs as well."""

    overlap_hours: int = Field(24, ge=0, le=720, description="0: it ends at once.")


class Webhook(BaseModel):
    """An endpoint, without what is confidential."""

    id: UUID
    kind: EndpointKind
    url: str
    description: str
    header_names: list[str]
    event_types: list[EventType]
    client_ids: list[UUID]
    legacy_headers: bool
    timeout_s: int | None
    attempts: int | None
    enabled: bool
    disabled_because: Failure | None = Field(description="`by_hand`, `gone` (it answered 410) or `failing`.")
    disabled_at: datetime | None
    overlap_until: datetime | None = Field(description="Until when the secret before the newest one signs as well.")
    consecutive_failures: int = Field(description="Rounds of attempts that failed in a row.")
    failing_since: datetime | None
    open_until: datetime | None = Field(description="Nothing is sent before: it failed too often in a row.")
    last_success_at: datetime | None
    last_failure_at: datetime | None
    undelivered_count: int = Field(description="Deliveries that failed or are held; replay them.")
    version: int
    created_at: datetime
    updated_at: datetime


class WebhookWithSecret(Webhook):
    """An endpoint with its new signing secret, which is shown this once."""

    secret: str | None = Field(
        examples=["whsec_…"],
        description="Signing secret; `null` for chats, and where a create is repeated with its `Idempotency-Key`: if the "
        "first answer was lost, rotate the secret.",
    )


class WebhookPage(BaseModel):
    """One page of endpoints."""

    items: list[Webhook]
    next_cursor: str | None


class Delivery(BaseModel):
    """One event on its way to one endpoint."""

    id: UUID
    endpoint_id: UUID
    event_id: UUID = Field(description="The message's `webhook-id`: the same at every attempt and replay.")
    event_type: EventType
    state: DeliveryState
    attempt_count: int
    next_attempt_at: datetime | None
    job_id: UUID | None = Field(description="The job that makes the next attempt, or made the last one.")
    last_status: int | None = Field(description="HTTP status of the last answer.")
    error: Failure | None
    replayed_at: datetime | None
    created_at: datetime
    finished_at: datetime | None


class Attempt(BaseModel):
    """One request, or the reason why there was none."""

    number: int
    started_at: datetime
    duration_ms: int
    status: int | None
    error: Failure | None
    answer: str = Field(description="The first characters of the answer, without what looks like a secret.")


class DeliveryWithAttempts(Delivery):
    """A delivery with its attempts."""

    attempts: list[Attempt] = Field(description="The newest first, 100 at most.")


class DeliveryPage(BaseModel):
    """One page of deliveries."""

    items: list[Delivery]
    next_cursor: str | None


class ReplayWanted(Given):
    """Which deliveries to send again."""

    states: list[DeliveryState] = Field(
        [DeliveryState.FAILED, DeliveryState.HELD], min_length=1, max_length=4, description="`waiting` ones are left alone."
    )
    since: AwareDatetime | None = Field(None, description="Made at this moment or later.")
    until: AwareDatetime | None = Field(None, description="Made before this moment.")


class Replayed(BaseModel):
    """What a replay set going."""

    replayed: int
    left: int = Field(description="Of those wanted, failed or held ones beyond the first 1,000; ask once more.")


class WebhooksWanted(PageQuery):
    """Which endpoints, in which order."""

    enabled: bool | None = None
    sort: Literal["created_at", "-created_at"] = "created_at"


class DeliveriesWanted(PageQuery):
    """Which deliveries of an endpoint; the newest come first."""

    state: list[DeliveryState] = Field([], max_length=4, description="May be repeated.")
    event_type: EventType | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    sort: Literal["-created_at"] = "-created_at"
