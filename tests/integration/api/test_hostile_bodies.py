"""Whatever is sent instead of what is expected gets a short answer that says what to do."""

from typing import Any

import pytest
from httpx import Client

_LONG = "x" * 50_000
BODIES = [
    *(b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b"[" * 50_000, b'{"a":' * 50_000),
    *(b'{"name":"\\ud800"}', b'{"name":"\\u0000"}', b'{"name":NaN}', b'{"name":1e999}', b'{"name":' + b"9" * 5_000 + b"}"),
    b'{"when":{"kind":"' + _LONG.encode() + b'"},"kind":"' + _LONG.encode() + b'"}',
]


@pytest.fixture
def operations(api: Client) -> list[tuple[str, str]]:
    """Method and path of everything that takes JSON."""
    paths: dict[str, dict[str, Any]] = api.get("/api/openapi.json").json()["paths"]
    return [
        (method.upper(), path)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    ]


def test_bodies_that_nobody_expects_are_refused_with_a_next_step(api: Client, operations: list[tuple[str, str]]) -> None:
    assert len(operations) > 25
    wrong = []
    for method, path in operations:
        address = path.replace("{fingerprint}", "a" * 32)
        for name in {part for part in address.split("/") if part.startswith("{")}:
            address = address.replace(name, "00000000-0000-4000-8000-000000000000")
        for body in BODIES:
            answer = api.request(
                method, address, content=body, headers={"Content-Type": "application/json", "If-Match": "*"}
            )
            is_problem = answer.headers.get("content-type") == "application/problem+json"
            # Some take no body, or an empty object, for what is usual.
            if answer.status_code >= 500 or (
                answer.status_code >= 400
                and not (is_problem and answer.json()["next_step"] and len(answer.content) < 10_000)
            ):
                wrong.append((method, path, body[:40], answer.status_code, answer.text[:200]))
    assert wrong == []
