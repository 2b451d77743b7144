"""Clients in and out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from function_app.api.models.common import ONE_LINE, STORABLE, Given
from shared.reporting.clients import ClientStatus

_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), ONE_LINE]
_Reference = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), ONE_LINE]
# One @ with something around it: whether anybody reads there only a message can tell.
_Email = Annotated[str, StringConstraints(strip_whitespace=True, max_length=320), STORABLE]
_Notes = Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000), STORABLE]


class NewClient(Given):
    """A client to be."""

    name: _Name = Field(examples=["Contoso"], description="As it is to appear on reports.")
    reference: _Reference | None = Field(
        None, examples=["CRM-1042"], description="Your own key for the client; unique among your clients."
    )
    status: ClientStatus = Field(ClientStatus.ACTIVE, description="Inactive clients get no new reports.")
    contact_email: _Email | None = Field(None, pattern=r"^[^@\s]+@[^@\s]+$", examples=["it@contoso.example"])
    notes: _Notes = Field("", description="For yourselves; never printed on a report.")


class ClientChange(Given):
    """What to change; fields left out stay as they are, `null` empties a field that may be empty."""

    name: _Name = Field("", examples=["Contoso Ltd"])
    reference: _Reference | None = None
    status: ClientStatus = ClientStatus.ACTIVE
    contact_email: _Email | None = Field(None, pattern=r"^[^@\s]+@[^@\s]+$")
    notes: _Notes = ""


class Client(BaseModel):
    """A client."""

    id: UUID
    name: str
    reference: str | None
    status: ClientStatus
    contact_email: str | None
    notes: str
    version: int = Field(description="Goes up with every change; also the ETag.")
    created_at: datetime
    updated_at: datetime


class ClientPage(BaseModel):
    """One page of clients."""

    items: list[Client]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; `null` on the last one.")
