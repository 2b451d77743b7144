"""Pages and cursors: a cursor names the last row of a page and fits only the list, filters and order it was made for.

It gives no right: whoever forges one still sees only the rows of the key's tenant. The check is there so that a cursor that
was cut, changed or sent to another list is told apart from a valid one.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import orjson
from fastapi import Query as QueryParameter
from fastapi import Response

from function_app.api.answers import json_answer
from function_app.api.callers import Caller
from shared.database.reading import Query
from shared.reporting.listing import CursorInvalidError, Order, Position

_CHECK_BYTES = 8

Limit = Annotated[int, QueryParameter(ge=1, le=200, description="Rows of a page, at most.")]
Cursor = Annotated[
    str | None,
    QueryParameter(
        max_length=4000,
        description="`next_cursor` of the page before, with the same filters and order; left out: first page.",
    ),
]


class Paging:
    """One page of one list for one caller; ``used`` are the filters and the order by which the list is told from others."""

    def __init__(
        self, name: str, orders: Mapping[str, Order], sort: str, limit: int, cursor: str | None, **used: Any
    ) -> None:
        self.order = orders[sort]
        self.limit = limit
        self._context = orjson.dumps([name, sort, sorted(used.items())], default=str)
        self.after = None if cursor is None else self._position(cursor)

    def answer(self, caller: Caller, query: Query) -> Response:
        """Return the page as JSON."""
        return self.answer_with(caller.read(query))

    def answer_with(self, rows: list[dict[str, Any]], change: Callable[[dict[str, Any]], Any] | None = None) -> Response:
        """Return ``rows``, one of them more than the limit where another page follows, as JSON."""
        shown = rows[: self.limit]
        following = self._cursor(self.order.position_of(shown[-1])) if len(rows) > self.limit else None
        return json_answer({"items": [change(row) for row in shown] if change else shown, "next_cursor": following})

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
