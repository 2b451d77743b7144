"""Errors as callers read them: RFC 9457 problem documents with a stable type, a code and a next step."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson

from function_app import correlation
from shared.telemetry.redaction import redact, redact_value

MEDIA_TYPE = "application/problem+json"
_TYPE = "urn:azure-advisor-reports:problem:"


def type_of(code: str) -> str:
    """Return the stable ``type`` of problems with ``code``; docs/api.md lists them all."""
    return _TYPE + code


def document(status: int, code: str, detail: str, next_step: str = "", *, errors: Sequence[Mapping[str, Any]] = ()) -> bytes:
    """Return a problem document as UTF-8 JSON."""
    body: dict[str, Any] = {
        "type": type_of(code),
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": redact(detail),
        "code": code,
        "next_step": next_step,
        "correlation_id": correlation.current.get(),
    }
    if errors:
        body["errors"] = redact_value(errors)
    return orjson.dumps(body)
