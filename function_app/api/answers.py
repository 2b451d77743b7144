"""Answers: JSON written straight to bytes, with the headers that make changes and repeated reads safe."""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import Request, Response

from shared.errors import AdvisorReportsError
from shared.reporting.idempotency import Outcome

REPLAYED_HEADER = "Idempotency-Replayed"


class PreconditionMissingError(AdvisorReportsError):
    """A change did not say which version it was made from."""

    code = "precondition_required"

    def __init__(self) -> None:
        super().__init__(
            "A change must say which version it is based on.",
            next_step="Send If-Match with the ETag of the last read, or * to overwrite whatever is there.",
        )


def json_answer(content: Any, *, status_code: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return ``content`` as JSON; it holds JSON's own types only."""
    return Response(orjson.dumps(content), status_code, headers, media_type="application/json")


def row_answer(row: Mapping[str, Any]) -> Response:
    """Return a row that people change, with the tag that a change has to name.

    The tag is of what people change. Other things come and go beneath it, so it does not serve to skip a read.
    """
    return json_answer(row, headers={"ETag": version_tag(row["version"]), "Cache-Control": "private, no-cache"})


def changed_answer(row: Mapping[str, Any]) -> Response:
    """Return a row as a change has left it, with the tag that the next one has to name."""
    return json_answer(row, headers={"ETag": version_tag(row["version"])})


def tagged_answer(request: Request, content: Mapping[str, Any], *, etag: str | None = None) -> Response:
    """Return ``content`` with an ETag, or 304 without a body where the caller has that state already.

    Without ``etag`` the state is named by what is answered, so that nobody has to count versions.
    """
    body = orjson.dumps(content)
    tag = etag or f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if _matches_weakly(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def outcome_answer(outcome: Outcome) -> Response:
    """Return the answer to a create, marked where it was given before."""
    headers = {**outcome.headers, **({REPLAYED_HEADER: "true"} if outcome.replayed else {})}
    return json_answer(outcome.body, status_code=outcome.status_code, headers=headers)


def version_tag(version: int) -> str:
    """Return the ETag of a row's version."""
    return f'"{version}"'


def version_of(if_match: str | None) -> int | None:
    """Return the version that ``If-Match`` names, ``None`` for ``*``, and -1, which no row has, for any other tag.

    Raises :class:`PreconditionMissingError`.
    """
    if if_match is None or not if_match.strip():
        raise PreconditionMissingError
    given = if_match.strip()
    if given == "*":
        return None
    # No version needs more digits; more would only make int() work.
    number = given.strip('"')
    return int(number) if number.isascii() and number.isdigit() and len(number) <= 18 and given != number else -1


def _matches_weakly(if_none_match: str | None, tag: str) -> bool:
    # RFC 9110, 13.1.2: for reads a weak comparison is enough.
    if if_none_match is None:
        return False
    given = [part.strip().removeprefix("W/") for part in if_none_match.split(",")]
    return "*" in given or tag.removeprefix("W/") in given
