"""The API answers under its own names only."""

import asyncio

import httpx
import pytest

from function_app.edge import Edge, Receive, Scope, Send


async def _answer(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body"})


async def _status(host: str, path: str, allowed: set[str]) -> int:
    edge = Edge(lambda: _answer, max_upload_bytes=lambda: 1, hosts=lambda: frozenset(allowed))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(edge), base_url="http://placeholder") as client:
        return (await client.get(path, headers={"Host": host})).status_code


@pytest.mark.parametrize(
    ("host", "allowed", "status"),
    [
        ("reports.example.com", {"reports.example.com"}, 200),
        ("Reports.Example.com:443", {"reports.example.com"}, 200),
        ("[::1]:7071", {"::1"}, 200),
        ("evil.example.com", {"reports.example.com"}, 421),
        ("evil.example.com", {"*"}, 200),
        ("", {"reports.example.com"}, 421),
    ],
)
def test_only_named_hosts_are_answered(host: str, allowed: set[str], status: int) -> None:
    assert asyncio.run(_status(host, "/api/v1/reports", allowed)) == status


def test_health_is_answered_under_any_name() -> None:
    assert asyncio.run(_status("10.0.0.4", "/health/live", {"reports.example.com"})) == 200
