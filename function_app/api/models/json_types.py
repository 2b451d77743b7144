"""JSON's types taken at their word: ``true`` is not the number 1, a number is neither a moment nor a yes.

What could be kept by no database and told by no answer is refused with the rest: moments that are of no year in UTC, and
free JSON that is none.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any

import orjson
from pydantic_core import PydanticCustomError, core_schema

_NUMBER = re.compile(r"[+-]?[0-9._]+")
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
    inner: Any = {name: value if name in _VALUES else _walked(value) for name, value in node.items()}
    kind = node.get("type")
    if not isinstance(kind, str):
        return inner
    if kind == "datetime":
        inner = core_schema.no_info_after_validator_function(_within_reach, inner)
    check = _CHECKS.get(kind)
    return inner if check is None else core_schema.no_info_before_validator_function(check, inner)


def _no_truth(given: Any) -> Any:
    if isinstance(given, bool):
        raise PydanticCustomError("number_type", "Input should be a number, not true or false")
    return given


def _no_number(given: Any) -> Any:
    if isinstance(given, int | float) or (isinstance(given, str) and _NUMBER.fullmatch(given.strip())):
        raise PydanticCustomError("moment_type", "Input should be text in ISO 8601, such as 2026-11-22T09:30:00Z")
    return given


def _no_other_number(given: Any) -> Any:
    if isinstance(given, int | float) and not isinstance(given, bool):
        raise PydanticCustomError("bool_type", "Input should be true or false")
    return given


def _within_reach(given: datetime) -> datetime:
    # An offset may lead out of the years that there are; a year on either side leaves room to count in.
    if not MINYEAR < given.year < MAXYEAR:
        raise PydanticCustomError("moment_out_of_reach", "Input should be a moment of the years 2 to 9998")
    return given


def _keepable(given: Any) -> Any:
    try:
        orjson.dumps(given)
        text = json.dumps(given, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise PydanticCustomError(
            "json_type", "Input should be JSON of whole characters and finite numbers, nested less than 250 deep"
        ) from error
    if "\\u0000" in text:
        raise PydanticCustomError("json_type", "Input must not contain the character U+0000")
    return given


_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "any": _keepable,
    "int": _no_truth,
    "float": _no_truth,
    "decimal": _no_truth,
    "datetime": _no_number,
    "date": _no_number,
    "time": _no_number,
    "timedelta": _no_number,
    "bool": _no_other_number,
}
