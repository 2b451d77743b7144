"""Orders as sent: a multipart form with the files, or JSON that names uploads."""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
from fastapi import Request, UploadFile
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData
from starlette.datastructures import UploadFile as FormFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException

from function_app.api.models.reports import (
    MAX_PAGES,
    ReportFromAzure,
    ReportFromFiles,
    ReportFromSnapshot,
    ReportFromUploads,
)
from function_app.api.models.uploads import last_part
from shared.azure.filters import filter_of
from shared.azure.live_orders import LiveOrder
from shared.errors import InvalidRequestError
from shared.reporting import reports
from shared.reporting.uploads import UploadEmptyError
from shared.settings import Settings
from shared.storage.blobs import BlobTooLargeError

_FILE_FIELDS = ("file", "files")
_MAX_FIELDS = 100
# A thousand recommendations added by hand, of the usual length.
_MAX_FIELD_BYTES = 2 * 1024 * 1024

# Of the end of a form: the closing boundary, of 70 characters at most, and what some programs write after it.
_TAIL_BYTES = 1024

_Model = TypeVar("_Model", bound=BaseModel)


class FormCutError(InvalidRequestError):
    """A form lacks its end, and with it who knows what: the parser takes what came for all there is."""

    code = "form_cut"

    def __init__(self) -> None:
        super().__init__(
            "The form ends before its closing boundary.",
            next_step="Send the whole form once more; it was cut off on its way.",
        )


class _FormRequest(Request):
    """A request whose form has to come with its end."""

    was_cut = False

    async def stream(self) -> AsyncGenerator[bytes, None]:
        tail = b""
        async for chunk in super().stream():
            tail = (tail + chunk[-_TAIL_BYTES:])[-_TAIL_BYTES:]
            yield chunk
        _, options = parse_options_header(self.headers.get("content-type"))
        if b"--" + options.get(b"boundary", b"") + b"--" not in tail:
            self.was_cut = True
            # What the parser knows closes the files that it has begun.
            raise MultiPartException("The form ends before its closing boundary.")


@dataclass(frozen=True, slots=True)
class FilesOrder:
    """An order that brings its files."""

    wanted: ReportFromFiles
    files: list[UploadFile]

    def order(self) -> reports.Order:
        """Return the order without the files."""
        return _order(self.wanted)


@dataclass(frozen=True, slots=True)
class UploadsOrder:
    """An order from files that were uploaded before."""

    wanted: ReportFromUploads

    def order(self) -> reports.Order:
        """Return the order without the uploads."""
        return _order(self.wanted)


@dataclass(frozen=True, slots=True)
class LiveOrderGiven:
    """An order that is read from Azure."""

    wanted: ReportFromAzure

    def order(self) -> reports.Order:
        """Return the order without what is read."""
        return _order(self.wanted)

    def live(self) -> LiveOrder:
        """Return what is read.

        Raises :class:`~shared.azure.filters.FilterInvalidError`,
        :class:`~shared.connections.selection.SelectionInvalidError`.
        """
        given = self.wanted.live
        chosen = given.selection
        return LiveOrder(
            connection_id=given.connection_id,
            selection=None if chosen is None else chosen.chosen(),
            filters=filter_of(given.filters.model_dump(mode="json", exclude_defaults=True)),
            keep_put_aside=given.keep_put_aside,
            refresh_first=given.refresh_first,
        )


@dataclass(frozen=True, slots=True)
class SnapshotOrder:
    """An order from what was read before."""

    wanted: ReportFromSnapshot

    def order(self) -> reports.Order:
        """Return the order without the snapshot."""
        return _order(self.wanted)


GivenOrder = FilesOrder | UploadsOrder | LiveOrderGiven | SnapshotOrder


@asynccontextmanager
async def read_order(request: Request, settings: Settings) -> AsyncIterator[GivenOrder]:
    """Read the order; its files, spooled to disk where large, are closed at the end.

    Raises :class:`~fastapi.exceptions.RequestValidationError`, :class:`FormCutError`,
    :class:`~shared.reporting.uploads.UploadEmptyError`,
    :class:`~shared.storage.blobs.BlobTooLargeError` or 415.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "application/json":
        yield _json_order(_parsed(await request.body()))
    elif media_type == "multipart/form-data":
        sent = _FormRequest(request.scope, request.receive)
        try:
            form = await sent.form(max_files=MAX_PAGES, max_fields=_MAX_FIELDS, max_part_size=_MAX_FIELD_BYTES)
        except HTTPException as error:
            if sent.was_cut:
                raise FormCutError from error
            raise
        try:
            yield _files_order(form, settings)
        finally:
            await form.close()
    else:
        raise HTTPException(
            415,
            "An order is multipart/form-data with files, or application/json with upload_ids, live or snapshot_id.",
        )


def _json_order(given: Any) -> UploadsOrder | LiveOrderGiven | SnapshotOrder:
    named = given if isinstance(given, dict) else {}
    if "live" in named:
        return LiveOrderGiven(_validated(ReportFromAzure, given))
    if "snapshot_id" in named:
        return SnapshotOrder(_validated(ReportFromSnapshot, given))
    return UploadsOrder(_validated(ReportFromUploads, given))


def _files_order(form: FormData, settings: Settings) -> FilesOrder:
    files: list[UploadFile] = []
    fields: dict[str, Any] = {}
    for name, value in form.multi_items():
        if name in _FILE_FIELDS:
            if not isinstance(value, FormFile):
                raise _invalid(name, "file_expected", "Must be a file: give the part a filename.")
            files.append(value)  # type: ignore[arg-type]
        elif not isinstance(value, str):
            raise _invalid(name, "text_expected", "Must be text, not a file.")
        elif name == "formats":
            fields.setdefault(name, []).append(value)
        elif name in fields:
            raise _invalid(name, "given_twice", "Must be given once.")
        else:
            fields[name] = value
    # Forms send fields that nobody filled in.
    wanted = _validated(ReportFromFiles, {name: value for name, value in fields.items() if value not in ("", [""])})
    if not files:
        raise _invalid("file", "missing", "At least one file is needed.")
    for file in files:
        file.filename = last_part(file.filename or "")
        if not file.size:
            raise UploadEmptyError(file.filename)
        if file.size > settings.max_upload_bytes:
            raise BlobTooLargeError(file.size, settings.max_upload_bytes)
    return FilesOrder(wanted, files)


def _order(wanted: ReportFromFiles | ReportFromUploads | ReportFromAzure | ReportFromSnapshot) -> reports.Order:
    return reports.Order(
        wanted.client_id,
        tuple(wanted.formats),
        wanted.report_type,
        title=wanted.title,
        category=wanted.category,
        options=wanted.options(),
    )


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except json.JSONDecodeError as error:
        raise _invalid("", "json_invalid", "The body is not valid JSON.") from error


def _validated(model: type[_Model], given: Any) -> _Model:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise RequestValidationError([{**item, "loc": ("body", *item["loc"])} for item in error.errors()]) from error


def _invalid(field: str, code: str, message: str) -> RequestValidationError:
    return RequestValidationError([{"loc": ("body", field) if field else ("body",), "type": code, "msg": message}])


_FILE = {"type": "string", "contentMediaType": "application/octet-stream"}
_FORM = ReportFromFiles.model_json_schema(ref_template="#/components/schemas/{model}")
REQUEST_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "file": {
                            **_FILE,
                            "description": "The export: CSV from the portal, or JSON from the CLI, REST API, Resource Graph "
                            "or SDK; plain or gzip. Repeat the part for several pages of one export.",
                        },
                        **_FORM["properties"],
                    },
                    "required": ["file", "client_id"],
                    "additionalProperties": False,
                },
            },
            "application/json": {
                "schema": {
                    "anyOf": [
                        {"$ref": f"#/components/schemas/{model.__name__}"}
                        for model in (ReportFromUploads, ReportFromAzure, ReportFromSnapshot)
                    ]
                }
            },
        },
    }
}
