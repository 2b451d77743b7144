"""Answers of a simulated service: status, body, headers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass(frozen=True)
class Answer:
    """One answer; the body is ready to be sent."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def having(self, headers: Mapping[str, str]) -> "Answer":
        """Return the same answer with more headers."""
        return Answer(self.status, self.body, {**self.headers, **headers})


def json_answer(body: Any, status: int = 200) -> Answer:
    """Return ``body`` as JSON."""
    return Answer(status, orjson.dumps(body))


def error_answer(status: int, code: str, message: str, *, detail: str = "") -> Answer:
    """Return an error as Azure Resource Manager words it; ``detail`` is the code of its details where that is another."""
    details = [{"code": detail or code, "message": message}]
    return json_answer({"error": {"code": code, "message": message, "details": details}}, status)
