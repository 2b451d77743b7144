"""Lists that are read page by page: conditions, orders and the place after which the next page begins.

Pages follow each other by key, never by number: rows that come and go in between neither repeat nor hide others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple
from uuid import UUID

from shared.database.reading import Query
from shared.errors import InvalidRequestError

# Names have no limit, positions do: orders by a long text compare no more of it than this.
_MAX_POSITION_CHARS = 300


class CursorInvalidError(InvalidRequestError):
    """A cursor is not one that this list gave out."""

    code = "cursor_invalid"

    def __init__(self) -> None:
        super().__init__(
            "The cursor is not valid for this list with these filters and this order.",
            next_step="Leave out the cursor to begin at the first page, then send next_cursor of each answer unchanged.",
        )


class Position(NamedTuple):
    """The last row of a page: its value in the order, and its id to tell equal values apart."""

    value: str | None
    id: str


@dataclass(frozen=True, slots=True)
class Order:
    """One order of a list. Rows of equal value are ordered by id, in the same direction; rows without a value come last."""

    field: str
    """The field of the answer that holds the value."""
    column: str
    """What the rows are ordered by, in SQL."""
    given: str = ""
    """How the value of a position becomes comparable with ``column``, in SQL; empty where the id alone is the order."""
    descending: bool = False
    nullable: bool = False
    parse: Callable[[str], Any] = str

    def by(self, id_column: str) -> str:
        """Return what follows ``order by``."""
        direction = "desc" if self.descending else "asc"
        if not self.given:
            return f"{id_column} {direction}"
        nulls = " nulls last" if self.nullable else ""
        return f"{self.column} {direction}{nulls}, {id_column} {direction}"

    def after(self, id_column: str, position: Position) -> tuple[str, dict[str, Any]]:
        """Return the condition on rows behind ``position``, and its parameters; raises :class:`CursorInvalidError`."""
        sign = "<" if self.descending else ">"
        parameters: dict[str, Any] = {"after_id": _uuid(position.id)}
        if not self.given:
            return f"{id_column} {sign} %(after_id)s::uuid", parameters
        if position.value is None:
            if not self.nullable:
                raise CursorInvalidError
            return f"({self.column} is null and {id_column} {sign} %(after_id)s::uuid)", parameters
        parameters["after_value"] = _checked(self.parse, position.value)
        behind = f"({self.column}, {id_column}) {sign} ({self.given}, %(after_id)s::uuid)"
        return (f"({behind} or {self.column} is null)" if self.nullable else behind), parameters

    def position_of(self, row: Mapping[str, Any]) -> Position:
        """Return the position of a row of the answer."""
        value = row[self.field] if self.given else None
        return Position(value[:_MAX_POSITION_CHARS] if value else value, row["id"])


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page is in its list: in which order, how many rows of it, and behind which row."""

    order: Order
    limit: int
    after: Position | None = None


@dataclass(slots=True)
class Conditions:
    """Conditions that all hold, with the parameters they speak of."""

    fragments: list[str] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)

    def add(self, fragment: str, **parameters: Any) -> None:
        """Add a condition; ``fragment`` is text of the program, everything a caller said goes into ``parameters``."""
        self.fragments.append(fragment)
        self.parameters.update(parameters)

    def add_given(self, fragment: str, **parameters: Any) -> None:
        """Add a condition unless one of its parameters is ``None`` or empty: a filter that was not used."""
        if all(value not in (None, "", []) for value in parameters.values()):
            self.add(fragment, **parameters)


def page_query(select: str, conditions: Conditions, place: Place, *, id_column: str = "id") -> Query:
    """Return the query of one page; it finds one row more than the limit where another page follows.

    Raises :class:`CursorInvalidError`.
    """
    order = place.order
    if place.after is not None:
        fragment, parameters = order.after(id_column, place.after)
        conditions.add(fragment, **parameters)
    where = " and ".join(conditions.fragments) or "true"
    # The number stands in the text: by a parameter the server could not tell a page from all rows, and would plan every
    # single read anew.
    limit = int(place.limit) + 1
    return Query(f"{select} where {where} order by {order.by(id_column)} limit {limit}", conditions.parameters)


def like_pattern(text: str) -> str:
    """Return the pattern by which ``ilike`` finds ``text`` anywhere, its wildcards taken literally."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _uuid(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError as error:
        raise CursorInvalidError from error


def _checked(parse: Callable[[str], Any], value: str) -> Any:
    try:
        checked = parse(value)
    except (ValueError, InvalidOperation) as error:
        raise CursorInvalidError from error
    if "\0" in value or (isinstance(checked, Decimal) and not checked.is_finite()):
        raise CursorInvalidError
    return checked
