"""Queries as trees: what the parser makes and the evaluation walks."""

from dataclasses import dataclass


class QueryInvalidError(Exception):
    """The text is no query, or one that Resource Graph would not run."""


@dataclass(frozen=True)
class Literal:
    """A string, a number, a truth value or null."""

    value: str | float | bool | None


@dataclass(frozen=True)
class Path:
    """A column, and what lies within it."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Call:
    """A function and its arguments."""

    name: str
    arguments: tuple["Expression", ...]


@dataclass(frozen=True)
class Comparison:
    """Two values compared; the right side is a tuple for the operators of membership."""

    operator: str
    left: "Expression"
    right: "Expression | tuple[Expression, ...]"


@dataclass(frozen=True)
class Logic:
    """``and`` or ``or`` over several conditions."""

    operator: str
    parts: tuple["Expression", ...]


Expression = Literal | Path | Call | Comparison | Logic


@dataclass(frozen=True)
class Where:
    """Keeps the rows for which the condition holds."""

    condition: Expression


@dataclass(frozen=True)
class Columns:
    """``extend`` adds columns, ``project`` keeps these and no others."""

    operator: str
    columns: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True)
class Order:
    """Sorts; each key with whether it descends."""

    keys: tuple[tuple[Expression, bool], ...]


@dataclass(frozen=True)
class Take:
    """Keeps the first rows."""

    count: int


@dataclass(frozen=True)
class Join:
    """Joins with another query on columns that both have."""

    kind: str
    right: "Query"
    on: tuple[str, ...]


@dataclass(frozen=True)
class Summarize:
    """Aggregates by columns; each aggregate is a function and its arguments."""

    aggregates: tuple[tuple[str, Call], ...]
    by: tuple[tuple[str, Expression], ...]


Operator = Where | Columns | Order | Take | Join | Summarize


@dataclass(frozen=True)
class Query:
    """A table and what is done to its rows, in order."""

    table: str
    operators: tuple[Operator, ...]

    def joins(self) -> int:
        """Return how many joins there are, those within joins included."""
        return sum(1 + operator.right.joins() for operator in self.operators if isinstance(operator, Join))
