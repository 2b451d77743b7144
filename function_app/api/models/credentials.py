"""Stored credentials in and out. Secrets come in and never go out."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, SecretStr, StringConstraints, field_validator

from function_app.api.models.common import ONE_LINE, STORABLE, Given, SearchText
from function_app.api.paging import PageQuery

_MAX_SECRET_CHARS = 10_000


def _encodable(value: SecretStr) -> SecretStr:
    # JSON can spell halves of characters, of which no text consists.
    try:
        value.get_secret_value().encode()
    except UnicodeEncodeError:
        raise ValueError("must be text") from None
    return value


def _storable_object(value: dict[str, Any]) -> dict[str, Any]:
    try:
        text = orjson.dumps(value)
    except TypeError:
        raise ValueError("must be text, numbers, lists and objects of a usual size") from None
    if b"\\u0000" in text:
        raise ValueError("must not contain the character U+0000")
    return value


_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), ONE_LINE]
_Word = Annotated[str, StringConstraints(min_length=1, max_length=50), STORABLE]
_Part = Annotated[str, StringConstraints(min_length=1, max_length=100), STORABLE]
_SecretPart = Annotated[SecretStr, Field(max_length=_MAX_SECRET_CHARS), AfterValidator(_encodable)]
_Configuration = Annotated[dict[_Part, Any], Field(max_length=50), AfterValidator(_storable_object)]

_ABOUT_CONFIGURATION = (
    "What the provider has to know and anybody may see; `GET /credentials/providers` shows what each type takes. Put no "
    "secret here."
)
_ABOUT_SECRETS = "What nobody may see, likewise by type; kept in the vault, never shown again."
_ABOUT_EXPIRY = "When it ends, where you know; the vault and some providers are asked as well, and the earliest end counts."


class NewCredential(Given):
    """A credential to be; Azure's are connections."""

    name: _Name = Field(examples=["Partner API"])
    provider: _Word = Field(examples=["http"])
    credential_type: _Word = Field(examples=["bearer"])
    client_id: UUID | None = Field(None, description="The client it serves; left out: any of yours.")
    configuration: _Configuration = Field(
        default={}, examples=[{"url": "https://api.example.com/v1/me"}], description=_ABOUT_CONFIGURATION
    )
    secret: Annotated[dict[_Part, _SecretPart], Field(min_length=1, max_length=20)] = Field(
        examples=[{"token": "…"}], description=_ABOUT_SECRETS
    )
    expires_at: AwareDatetime | None = Field(None, description=_ABOUT_EXPIRY)


class CredentialChange(Given):
    """What to change; fields left out stay as they are. A secret sent becomes the new version and is checked at once."""

    name: _Name = Field("", examples=["Partner API"])
    client_id: UUID | None = None
    configuration: _Configuration = Field(
        default={},
        description=_ABOUT_CONFIGURATION + " Takes the place of all that there was. Where it sends the secret elsewhere "
        "(another `url`, another `exchange`), send the secret too.",
    )
    secret: Annotated[dict[_Part, _SecretPart], Field(min_length=1, max_length=20)] | None = Field(
        None, description=_ABOUT_SECRETS
    )
    expires_at: AwareDatetime | None = Field(None, description=_ABOUT_EXPIRY)

    @field_validator("secret")
    @classmethod
    def _not_emptied(cls, value: Any) -> Any:
        if value is None:
            raise ValueError("cannot be emptied; leave it out to keep it")
        return value


class Credential(BaseModel):
    """A stored credential, without its secret."""

    id: UUID = Field(description="Also names it in `/credential-health`.")
    name: str
    provider: str
    credential_type: str
    client_id: UUID | None
    configuration: dict[str, Any]
    expires_at: datetime | None
    secret_set_at: datetime
    version: int = Field(description="Goes up with every change; also the ETag.")
    created_at: datetime
    updated_at: datetime


class CredentialPage(BaseModel):
    """One page of credentials."""

    items: list[Credential]
    next_cursor: str | None


class CredentialTypeOffered(BaseModel):
    """One type of credentials that a provider knows."""

    name: str = Field(examples=["bearer"])
    description: str
    configuration: dict[str, Any] | None = Field(description="JSON Schema; `null` where connections are made instead.")
    secret: dict[str, Any] | None = Field(description="JSON Schema, likewise.")


class ProviderOffered(BaseModel):
    """Who can say whether credentials work."""

    name: str = Field(examples=["http"])
    checks_at_once: int = Field(description="At most, in all of the installation.")
    types: list[CredentialTypeOffered]


class ProvidersOffered(BaseModel):
    """All providers of this installation."""

    items: list[ProviderOffered]


class CredentialsWanted(PageQuery):
    """Which stored credentials, in which order."""

    search: SearchText | None = Field(None, description="Part of the name.")
    provider: SearchText | None = None
    credential_type: SearchText | None = None
    client_id: UUID | None = None
    sort: Literal["name", "-name", "created_at", "-created_at"] = "name"
