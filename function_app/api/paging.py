"""Pages and cursors: a cursor names the last row of a page and fits only the list, filters and order it was made for.

It gives no right: whoever forges one still sees only the rows of the key's tenant. The check is there so that a cursor that
was cut, changed or sent to another list is told apart from a valid one.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import Response
from pydantic import Field

from function_app.api.answers import json_answer
from function_app.api.callers import Caller
from function_app.api.models.common import Given
from shared.database.reading import Query
from shared.reporting.listing import CursorInvalidError, Order, Place, Position

_CHECK_BYTES = 8


class PageQuery(Given):
    """What every list can be asked for; unknown parameters are refused, so that a misspelt filter is not ignored."""

    limit: int = Field(50, ge=1, le=200, description="Rows of a page, at most.")
    cursor: str | None = Field(
        None, max_length=4000, description="`next_cursor` of the page before, with the same filters and order."
    )


class Paging:
    """One page of one list; ``wanted`` are the filters and the order by which the list is told from others."""

    def __init__(self, name: str, orders: Mapping[str, Order], sort: str, wanted: PageQuery) -> None:
        self._context = (name + sort + wanted.model_dump_json(exclude={"limit", "cursor"})).encode()
        after = None if wanted.cursor is None else self._position(wanted.cursor)
        self.place = Place(orders[sort], wanted.limit, after)

    def answer(self, caller: Caller, query: Query) -> Response:
        """Return the page as JSON."""
        return self.answer_rows(caller.read(query))

    async def answer_soon(self, caller: Caller, query: Query) -> Response:
        """Return the page as JSON, read on the event loop."""
        return self.answer_rows(await caller.find(query))

    def answer_rows(self, rows: list[dict[str, Any]]) -> Response:
        """Return ``rows``, one of them more than the limit where another page follows, as JSON."""
        return json_answer(self.content(rows))

    def content(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """Return ``rows``, one of them more than the limit where another page follows, as the fields of an answer."""
        shown = rows[: self.place.limit]
        following = self._cursor(self.place.order.position_of(shown[-1])) if len(rows) > self.place.limit else None
        return {"items": shown, "next_cursor": following}

    def _cursor(self, position: Position) -> str:
        payload = orjson.dumps(list(position))
        return urlsafe_b64encode(self._check(payload) + payload).rstrip(b"=").decode()

    def _position(self, cursor: str) -> Position:
        try:
            data = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
            payload = data[_CHECK_BYTES:]
            if data[:_CHECK_BYTES] != self._check(payload):
                raise CursorInvalidError
            value, row_id = orjson.loads(payload)
        except (ValueError, TypeError) as error:
            raise CursorInvalidError from error
        if not isinstance(row_id, str) or not (value is None or isinstance(value, str)):
            raise CursorInvalidError
        return Position(value, row_id)

    def _check(self, payload: bytes) -> bytes:
        return hashlib.blake2b(self._context + payload, digest_size=_CHECK_BYTES).digest()
