"""Mail in and out: recipients, what was sent to them, addresses on hold."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from function_app.api.models.common import ONE_LINE, STORABLE, Failure, Given, SearchText
from function_app.api.paging import PageQuery
from shared.database.tables.mail import Digest, HoldCode, MailState
from shared.events.types import EventType
from shared.language.tags import MAX_TAG_CHARS
from shared.mail import recipients, welcome
from shared.mail.kinds import CHOSEN, MailKind
from shared.settings.mail import MAX_ADDRESS_CHARS

_Address = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=MAX_ADDRESS_CHARS), STORABLE]
_Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), ONE_LINE]
_Language = Annotated[str, StringConstraints(min_length=2, max_length=MAX_TAG_CHARS), STORABLE]
_TimeZone = Annotated[str, StringConstraints(min_length=1, max_length=60), STORABLE]
_ChosenKind = Literal[
    MailKind.REPORT_DELIVERED,
    MailKind.REPORT_FAILED,
    MailKind.CREDENTIAL_ALERT,
    MailKind.SCHEDULE_MISSED,
    MailKind.WEBHOOK_DISABLED,
]
_Kinds = Annotated[list[_ChosenKind], Field(max_length=len(CHOSEN))]
_ClientIds = Annotated[list[UUID], Field(max_length=recipients.MAX_CLIENTS)]

_ABOUT_ADDRESS = "One address. Domains may be international; before the @ only ASCII can be sent to."
_ABOUT_LANGUAGE = "What mails are written in, such as `de` or `de-AT`."
_ABOUT_ZONE = "IANA name; times in mails are by it, and digests are due by it."
_ABOUT_KINDS = (
    "Which mails the person gets as things happen. Those that the person unsubscribed from are not sent all the same."
)
_ABOUT_CLIENTS = (
    "Only what is about these clients, credentials that they depend on included; none: everything, also what is about no "
    "client."
)
_ABOUT_ATTACH = "Attach the report (its first format) where it is no larger than this installation allows; links come too."
_ABOUT_WEEKDAY = "Of weekly digests: 1 is Monday, 7 Sunday."


class NewRecipient(Given):
    """A person who is to get mail."""

    address: _Address = Field(examples=["alex@example.com"], description=_ABOUT_ADDRESS)
    name: _Name = Field("", examples=["Alex Doe"], description="How mails address the person.")
    language: _Language = Field("en", description=_ABOUT_LANGUAGE)
    time_zone: _TimeZone = Field("UTC", examples=["Europe/Berlin"], description=_ABOUT_ZONE)
    kinds: _Kinds = Field(default=[], examples=[["report_delivered", "credential_alert"]], description=_ABOUT_KINDS)
    client_ids: _ClientIds = Field(default=[], description=_ABOUT_CLIENTS)
    attach_reports: bool = Field(default=False, description=_ABOUT_ATTACH)
    digest: Digest = Field(Digest.NONE, description="A summary each day or week; none is sent where nothing happened.")
    digest_hour: int = Field(8, ge=0, le=23, description="At which hour of the day, in the person's time zone.")
    digest_weekday: int = Field(1, ge=1, le=7, description=_ABOUT_WEEKDAY)
    enabled: bool = True


class RecipientChange(Given):
    """What to change; fields left out stay as they are."""

    address: _Address = Field("x@example.com", description=_ABOUT_ADDRESS)
    name: _Name = ""
    language: _Language = Field("en", description=_ABOUT_LANGUAGE)
    time_zone: _TimeZone = Field("UTC", description=_ABOUT_ZONE)
    kinds: _Kinds = Field(default=[], description=_ABOUT_KINDS)
    client_ids: _ClientIds = Field(default=[], description=_ABOUT_CLIENTS)
    attach_reports: bool = Field(default=False, description=_ABOUT_ATTACH)
    digest: Digest = Digest.NONE
    digest_hour: int = Field(8, ge=0, le=23)
    digest_weekday: int = Field(1, ge=1, le=7, description=_ABOUT_WEEKDAY)
    enabled: bool = Field(default=True, description="Nothing is sent to a disabled recipient, and nothing is made up for.")


class AddressHold(BaseModel):
    """Why nothing is sent to an address."""

    id: UUID = Field(description="Release it by this id: `DELETE /mail/holds/{id}`.")
    code: HoldCode
    reason: str
    since: datetime


class Recipient(BaseModel):
    """A person who gets mail."""

    id: UUID
    address: str
    name: str
    language: str
    time_zone: str
    kinds: list[MailKind]
    client_ids: list[UUID]
    attach_reports: bool
    digest: Digest
    digest_hour: int
    digest_weekday: int
    next_digest_at: datetime | None
    enabled: bool
    unsubscribed: list[MailKind] = Field(description="Kinds that the person ended by the link in a mail.")
    hold: AddressHold | None = Field(description="Why nothing at all is sent to the address, where that is so.")
    version: int
    created_at: datetime
    updated_at: datetime


class RecipientPage(BaseModel):
    """One page of recipients."""

    items: list[Recipient]
    next_cursor: str | None


class MailStatus(BaseModel):
    """Whether this installation sends mail."""

    enabled: bool
    sender: str | None = Field(description="Where mail comes from.")
    reason: str | None = Field(description="Why none is sent.")
    takes_delivery_reports: bool = Field(description="Whether bounces that come later become known.")
    attachment_max_bytes: int
    link_days: int


class Mail(BaseModel):
    """One mail to one address."""

    id: UUID
    recipient_id: UUID | None = Field(description="`null` for the welcome of a user.")
    kind: MailKind
    event_id: UUID | None
    event_type: EventType | None
    client_id: UUID | None
    address: str
    language: str
    state: MailState = Field(
        description="`accepted`: the relay passes it on; `delivered`, `bounced`: what it reported later; `refused`: it took "
        "it not; `held`: the address is on hold; `skipped`: there was nothing to tell."
    )
    attempt_count: int
    next_attempt_at: datetime | None
    job_id: UUID | None = Field(description="The job that makes the next attempt, or made the last one.")
    last_status: int | None = Field(description="SMTP code of the relay's last answer.")
    error: Failure | None
    accepted_at: datetime | None
    reported_at: datetime | None
    created_at: datetime
    finished_at: datetime | None


class MailAttempt(BaseModel):
    """One attempt to hand the mail to the relay, or the reason why there was none."""

    number: int
    started_at: datetime
    duration_ms: int
    status: int | None
    error: Failure | None
    answer: str = Field(description="What the relay answered.")


class MailWithAttempts(Mail):
    """A mail with its attempts."""

    attempts: list[MailAttempt] = Field(description="The newest first, 100 at most.")


class MailPage(BaseModel):
    """One page of mails."""

    items: list[Mail]
    next_cursor: str | None


class Hold(BaseModel):
    """An address that nothing, or nothing of one kind, is sent to."""

    id: UUID
    address: str
    kind: MailKind | None = Field(description="`null`: nothing at all.")
    code: HoldCode
    reason: str
    delivery_id: UUID | None = Field(description="The mail that told, while it is kept.")
    created_at: datetime


class HoldPage(BaseModel):
    """One page of addresses on hold."""

    items: list[Hold]
    next_cursor: str | None


class WelcomeWanted(Given):
    """Whom to welcome."""

    user_id: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=welcome.MAX_USER_ID_CHARS), STORABLE
    ] = Field(description="What the identity provider calls the user, for good; each is welcomed once.")
    address: _Address = Field(examples=["alex@example.com"], description=_ABOUT_ADDRESS)
    name: _Name = ""
    language: _Language = Field("en", description=_ABOUT_LANGUAGE)
    time_zone: _TimeZone = Field("UTC", description=_ABOUT_ZONE)


class RecipientsWanted(PageQuery):
    """Which recipients, in which order."""

    search: SearchText | None = Field(None, description="In address or name.")
    kind: MailKind | None = None
    client_id: UUID | None = Field(None, description="Who gets what is about this client.")
    sort: Literal["created_at", "-created_at"] = "created_at"


class MailsWanted(PageQuery):
    """Which mails; the newest come first."""

    recipient_id: UUID | None = None
    state: list[MailState] = Field([], max_length=len(MailState), description="May be repeated.")
    kind: MailKind | None = None
    client_id: UUID | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    sort: Literal["-created_at"] = "-created_at"


class HoldsWanted(PageQuery):
    """Which addresses on hold; the newest come first."""

    code: HoldCode | None = None
    search: SearchText | None = Field(None, description="In the address.")
    sort: Literal["-created_at"] = "-created_at"
