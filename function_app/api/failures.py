"""From an error to the problem document that a caller gets."""

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import psycopg
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from function_app import problems
from function_app.api.answers import PreconditionMissingError
from function_app.api.callers import ForbiddenError, UnauthenticatedError
from shared.azure.errors import AzureCallError, AzureNetworkError, AzureServiceError
from shared.connections.key_turns import KeysBusyError
from shared.database.schema import SchemaMismatchError
from shared.database.session import UnsafeRoleError
from shared.errors import AdvisorReportsError, ConflictError, InvalidRequestError, NotFoundError
from shared.reporting.clients import VersionConflictError
from shared.storage.blobs import BlobMissingError, BlobTooLargeError, StorageUnavailableError

_log = logging.getLogger(__name__)

# The first class that fits decides, so the special come before the general.
_STATUSES: tuple[tuple[type[AdvisorReportsError], int], ...] = (
    (UnauthenticatedError, 401),
    (ForbiddenError, 403),
    (NotFoundError, 404),
    (VersionConflictError, 412),
    (ConflictError, 409),
    (PreconditionMissingError, 428),
    (InvalidRequestError, 400),
    (BlobTooLargeError, 413),
    (BlobMissingError, 404),
    (StorageUnavailableError, 503),
    (AzureServiceError, 503),
    (AzureNetworkError, 503),
    # Signing in or a right is missing: the connection has to change before the same request can be served.
    (AzureCallError, 409),
    (KeysBusyError, 503),
    (UnsafeRoleError, 503),
    (SchemaMismatchError, 503),
)
_RETRY_AFTER_S = 5
# Some messages repeat what was sent, which may be long, and a long list can be wrong in each of its items.
_MOST_ERRORS = 100
_MOST_CHARS = 500
_CODES = {
    400: "bad_request",
    401: "unauthenticated",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
}
_TRY_AGAIN = "Try again; if it stays, report the correlation id."
_SEE_DOCS = "See /api/docs for what can be asked."


def problem_answer(
    status: int,
    code: str,
    detail: str,
    next_step: str = "",
    *,
    errors: Sequence[dict[str, Any]] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    """Return a problem document as an answer."""
    body = problems.document(status, code, detail, next_step, errors=errors)
    return Response(body, status, headers, media_type=problems.MEDIA_TYPE)


def register(api: FastAPI) -> None:
    """Let ``api`` answer every error with a problem document."""
    api.add_exception_handler(AdvisorReportsError, _answer_own)
    api.add_exception_handler(RequestValidationError, _answer_invalid)
    api.add_exception_handler(HTTPException, _answer_http)
    for away in (psycopg.OperationalError, psycopg.InterfaceError, OperationalError, InterfaceError, PoolTimeoutError):
        api.add_exception_handler(away, _answer_database)
    api.add_exception_handler(Exception, _answer_unexpected)


async def _answer_own(_request: Request, error: Exception) -> Response:
    assert isinstance(error, AdvisorReportsError)  # noqa: S101 - registered for this class
    status = next((status for kind, status in _STATUSES if isinstance(error, kind)), None)
    if status is None:
        return _answer_unforeseen(error)
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="azure-advisor-reports"'
    if status == 503:
        headers["Retry-After"] = str(_RETRY_AFTER_S)
        # That many keys are sent at once is nothing that those who run the service have to mend.
        level = logging.INFO if isinstance(error, KeysBusyError) else logging.ERROR
        _log.log(level, "a service is away", extra={"action": "service_unavailable", "code": error.code})
    return problem_answer(status, error.code, error.message, error.next_step, headers=headers)


def _answer_unforeseen(error: AdvisorReportsError) -> Response:
    # Such sentences are for those who run the service: the log has them, callers get the code.
    _log.error("a request could not be served: %s", error.message, extra={"action": "request_failed", "code": error.code})
    if error.retryable:
        headers = {"Retry-After": str(_RETRY_AFTER_S)}
        return problem_answer(503, error.code, "A service that is needed did not answer.", _TRY_AGAIN, headers=headers)
    return problem_answer(500, error.code, "Something went wrong on our side.", _TRY_AGAIN)


async def _answer_invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
    errors = [
        {
            "in": str(item["loc"][0]) if item["loc"] else "body",
            "field": _short(".".join(str(part) for part in item["loc"][1:])),
            "code": item["type"],
            "message": _short(item["msg"].removeprefix("Value error, ")),
        }
        for item in error.errors()[:_MOST_ERRORS]
    ]
    return problem_answer(
        422,
        "validation_failed",
        "Some fields of the request are not valid.",
        "Correct the fields listed in errors.",
        errors=errors,
    )


def _short(text: str) -> str:
    return text if len(text) <= _MOST_CHARS else f"{text[:_MOST_CHARS]}…"


async def _answer_http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    code = _CODES.get(error.status_code, HTTPStatus(error.status_code).name.lower())
    headers = dict(error.headers) if error.headers else None
    return problem_answer(error.status_code, code, str(error.detail), _SEE_DOCS, headers=headers)


async def _answer_database(_request: Request, error: Exception) -> Response:
    _log.error("the database did not answer", extra={"action": "database_unavailable", "error": type(error).__name__})
    return problem_answer(
        503,
        "database_unavailable",
        "The database did not answer.",
        "Try again in a few seconds; if it stays, look at /health/ready.",
        headers={"Retry-After": str(_RETRY_AFTER_S)},
    )


async def _answer_unexpected(_request: Request, _error: Exception) -> Response:
    # Starlette raises the error again after this answer, and the edge logs it there.
    return problem_answer(500, "internal", "Something went wrong on our side.", _TRY_AGAIN)
