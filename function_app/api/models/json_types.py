"""JSON's types taken at their word: ``true`` is not the number 1, a number is neither a moment nor a yes."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import PydanticCustomError, core_schema

# What is no schema, however much it looks like one.
_VALUES = {"default", "expected", "metadata", "serialization"}


def tightened(schema: core_schema.CoreSchema) -> core_schema.CoreSchema:
    """Return ``schema`` with each number, moment and yes or no taken in its own JSON type, or from text."""
    made: core_schema.CoreSchema = _walked(schema)
    return made


def _walked(node: Any) -> Any:
    if isinstance(node, list | tuple):
        return type(node)(_walked(one) for one in node)
    if not isinstance(node, dict):
        return node
    inner = {name: value if name in _VALUES else _walked(value) for name, value in node.items()}
    kind = node.get("type")
    check = _CHECKS.get(kind) if isinstance(kind, str) else None
    if check is None:
        return inner
    return core_schema.no_info_before_validator_function(check, inner)


def _no_truth(given: Any) -> Any:
    if isinstance(given, bool):
        raise PydanticCustomError("number_type", "Input should be a number, not true or false")
    return given


def _no_number(given: Any) -> Any:
    if isinstance(given, int | float):
        raise PydanticCustomError("moment_type", "Input should be text in ISO 8601, such as 2026-11-22T09:30:00Z")
    return given


def _no_other_number(given: Any) -> Any:
    if isinstance(given, int | float) and not isinstance(given, bool):
        raise PydanticCustomError("bool_type", "Input should be true or false")
    return given


_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "int": _no_truth,
    "float": _no_truth,
    "decimal": _no_truth,
    "datetime": _no_number,
    "date": _no_number,
    "time": _no_number,
    "timedelta": _no_number,
    "bool": _no_other_number,
}
