"""Uploads in and out."""

import unicodedata
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from function_app.api.models.common import STORABLE, Given

_MAX_NAME_CHARS = 255


def last_part(given: str) -> str:
    """Return the last part of a path as a file's name, without characters that cannot be shown or stored."""
    name = given.replace("\\", "/").rpartition("/")[2]
    shown = "".join(char for char in name if unicodedata.category(char) not in {"Cc", "Cs"}).strip()
    return shown[-_MAX_NAME_CHARS:] or "export"


_FileName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=_MAX_NAME_CHARS),
    STORABLE,
    AfterValidator(last_part),
]


class UploadState(StrEnum):
    """Where an upload stands."""

    WAITING = "waiting"
    RECEIVED = "received"
    USED = "used"
    EXPIRED = "expired"


class NewUpload(Given):
    """A file to be uploaded."""

    file_name: _FileName = Field(
        examples=["Advisor_2026-11-22T09_30_00.000Z.csv"],
        description="The name it has; names of portal exports carry the time of the export.",
    )


class Upload(BaseModel):
    """A file on its way into a report."""

    id: UUID
    file_name: str
    state: UploadState = Field(
        description="`waiting` for the file, `received`, `used` by a report, or `expired`: the link was never used."
    )
    size_bytes: int | None
    report_id: UUID | None
    expires_at: datetime = Field(description="Until when the link works; of a received file: until when it is kept unused.")
    created_at: datetime


class UploadLink(BaseModel):
    """Where and how to send the file: the address is a secret until it expires."""

    method: str = Field(examples=["PUT"])
    url: str
    headers: dict[str, str] = Field(examples=[{"x-ms-blob-type": "BlockBlob"}])
    expires_at: datetime
    max_bytes: int


class UploadCreated(Upload):
    """An upload with its link."""

    link: UploadLink
