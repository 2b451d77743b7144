"""Trees carried out over rows, with Kusto's rules for what is missing, for case and for joins."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import orjson

from tests.simulators.kql.syntax import (
    Call,
    Columns,
    Comparison,
    Expression,
    Join,
    Literal,
    Logic,
    Operator,
    Order,
    Path,
    Query,
    QueryInvalidError,
    Summarize,
    Take,
    Where,
)

Row = Mapping[str, Any]
Tables = Callable[[str], Iterable[Row]]
"""Gives the rows of a table by its name."""


def run(query: Query, tables: Tables) -> list[Row]:
    """Return the rows that ``query`` gives; raises :class:`QueryInvalidError`."""
    rows: Iterable[Row] = tables(query.table)
    for operator in query.operators:
        rows = _apply(operator, rows, tables)
    return list(rows)


def is_ordered(query: Query) -> bool:
    """Return whether the rows come in an order that is the same each time."""
    return any(isinstance(operator, Order | Summarize) for operator in query.operators)


def _apply(operator: Operator, rows: Iterable[Row], tables: Tables) -> Iterable[Row]:
    match operator:
        case Where(condition):
            return (row for row in rows if _value(condition, row) is True)
        case Columns(name, columns):
            return _with_columns(rows, columns, keep=name == "extend")
        case Order(keys):
            return _ordered(rows, keys)
        case Take(count):
            return list(rows)[:count]
        case Join():
            return _joined(operator, rows, run(operator.right, tables))
        case Summarize(aggregates, by):
            return _summarized(rows, aggregates, by)


def _with_columns(rows: Iterable[Row], columns: tuple[tuple[str, Expression], ...], *, keep: bool) -> Iterator[Row]:
    for row in rows:
        computed = {name: _value(value, row) for name, value in columns}
        yield {**row, **computed} if keep else computed


def _ordered(rows: Iterable[Row], keys: tuple[tuple[Expression, bool], ...]) -> list[Row]:
    ordered = list(rows)
    for key, descending in reversed(keys):
        ordered.sort(key=lambda row, key=key: _sort_key(_value(key, row)), reverse=descending)  # type: ignore[misc]
    return ordered


def _sort_key(value: Any) -> tuple[int, Any]:
    if value is None:
        return (0, 0)
    return (1, value) if isinstance(value, int | float) else (2, _text(value))


def _joined(join: Join, rows: Iterable[Row], right_rows: list[Row]) -> Iterator[Row]:
    by_key: dict[tuple[str, ...], list[Row]] = {}
    for row in right_rows:
        by_key.setdefault(tuple(_text(row.get(name)) for name in join.on), []).append(row)
    columns = list(dict.fromkeys(name for row in right_rows for name in row))
    for row in rows:
        found = by_key.get(tuple(_text(row.get(name)) for name in join.on))
        if found is None and join.kind == "inner":
            continue
        for other in found or [dict.fromkeys(columns)]:
            # A column that both sides have keeps its name on the left and gets a 1 on the right.
            yield {**row, **{(f"{name}1" if name in row else name): value for name, value in other.items()}}


def _summarized(
    rows: Iterable[Row], aggregates: tuple[tuple[str, Call], ...], by: tuple[tuple[str, Expression], ...]
) -> list[Row]:
    groups: dict[tuple[str, ...], tuple[Row, list[Row]]] = {}
    for row in rows:
        key = {name: _value(value, row) for name, value in by}
        groups.setdefault(tuple(map(_text, key.values())), (key, []))[1].append(row)
    if not by and not groups:
        groups[()] = ({}, [])
    return [{**key, **{name: _aggregate(call, members) for name, call in aggregates}} for key, members in groups.values()]


def _aggregate(call: Call, rows: list[Row]) -> Any:
    if call.name == "count":
        return len(rows)
    values = [value for row in rows if (value := _value(call.arguments[0], row)) is not None]
    if call.name == "sum":
        return sum(values)
    if call.name == "dcount":
        return len({_text(value) for value in values})
    raise QueryInvalidError(f"unknown aggregate {call.name!r}")


def _value(expression: Expression, row: Row) -> Any:
    match expression:
        case Literal(value):
            return value
        case Path(names):
            return _at(row, names)
        case Call():
            return _call(expression, row)
        case Logic("and", parts):
            return all(_value(part, row) is True for part in parts)
        case Logic(_, parts):
            return any(_value(part, row) is True for part in parts)
        case Comparison():
            return _compared(expression, row)


def _at(row: Row, names: tuple[str, ...]) -> Any:
    value: Any = row
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _call(call: Call, row: Row) -> Any:
    values = [_value(argument, row) for argument in call.arguments]
    if call.name not in _FUNCTIONS:
        raise QueryInvalidError(f"unknown function {call.name!r}")
    return _FUNCTIONS[call.name](*values)


def _compared(comparison: Comparison, row: Row) -> bool:
    left = _value(comparison.left, row)
    operator = comparison.operator
    if isinstance(comparison.right, tuple):
        others = [_text(_value(part, row)) for part in comparison.right]
        text = _text(left)
        if operator.endswith("~"):
            text, others = text.lower(), [other.lower() for other in others]
        return (text in others) != operator.startswith("!")
    right = _value(comparison.right, row)
    if operator in _NUMERIC and isinstance(left, int | float) and isinstance(right, int | float):
        return _NUMERIC[operator](left, right)
    if operator.startswith("!") and operator != "!=":
        return not _TEXTUAL[{"!~": "=~"}.get(operator, operator[1:])](_text(left), _text(right))
    if operator not in _TEXTUAL:
        return False
    return _TEXTUAL[operator](_text(left), _text(right))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


def _number(value: Any) -> float | None:
    try:
        return float(_text(value))
    except ValueError:
        return None


_NUMERIC: dict[str, Callable[[float, float], bool]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
_TEXTUAL: dict[str, Callable[[str, str], bool]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "=~": lambda left, right: left.lower() == right.lower(),
    "contains": lambda left, right: right.lower() in left.lower(),
    "startswith": lambda left, right: left.lower().startswith(right.lower()),
    "endswith": lambda left, right: left.lower().endswith(right.lower()),
    "has": lambda left, right: right.lower() in left.lower(),
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "tolower": lambda value: _text(value).lower(),
    "tostring": _text,
    "todouble": _number,
    "isempty": lambda value: _text(value) == "",
    "isnotempty": lambda value: _text(value) != "",
    "not": lambda value: not value,
    "iff": lambda condition, yes, no: yes if condition is True else no,
    "strcat": lambda *values: "".join(map(_text, values)),
    "coalesce": lambda *values: next((value for value in values if value not in (None, "")), None),
    "pack": lambda *pairs: dict(zip(pairs[::2], pairs[1::2], strict=True)),
}
