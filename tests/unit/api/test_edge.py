"""The edge: what every request meets before the application."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from function_app import correlation
from function_app.edge import Edge, Message, Receive, Scope, Send
from shared.errors import SettingsError

Header = tuple[bytes, bytes]
LIMIT = 1000


@dataclass
class Echo:
    """An application that notes the scopes it saw and answers, or fails, as told."""

    before: Exception | None = None
    after: Exception | None = None
    headers: Iterable[Header] = ((b"content-type", b"text/plain"),)
    scopes: list[Scope] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        self.ids.append(correlation.current.get())
        if self.before:
            raise self.before
        await send({"type": "http.response.start", "status": 200, "headers": list(self.headers)})
        await send({"type": "http.response.body"})
        if self.after:
            raise self.after


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


def ask(application: Any, headers: Iterable[Header] = (), **scope: Any) -> Answer:
    """Send one request through an edge, with the scope that the Functions adapter makes."""
    edge = application if isinstance(application, Edge) else Edge(lambda: application, max_upload_bytes=lambda: LIMIT)
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    given = {"type": "http", "method": "GET", "path": "/", "headers": list(headers), "client": None, "state": None}
    asyncio.run(edge({**given, **scope}, receive, send))
    named = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], named, b"".join(message["body"] for message in sent[1:]))


def test_answers_carry_security_headers_and_a_correlation_id() -> None:
    answer = ask(Echo())
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in answer.headers
    assert len(answer.headers["x-correlation-id"]) == 36


def test_https_answers_ask_for_https_from_now_on() -> None:
    assert ask(Echo(), scheme="https").headers["strict-transport-security"].startswith("max-age=")


def test_headers_of_the_application_win() -> None:
    assert ask(Echo(headers=[(b"cache-control", b"public")])).headers["cache-control"] == "public"


@pytest.mark.parametrize("given", ["a", "order-2026.11_x", "x" * 128])
def test_acceptable_correlation_id_is_kept(given: str) -> None:
    application = Echo()
    answer = ask(application, [(b"X-Correlation-Id", given.encode())])
    assert answer.headers["x-correlation-id"] == given
    assert application.ids == [given]


@pytest.mark.parametrize("given", [b"", b"x" * 129, b"a b", b"a\r\nSet-Cookie: x=1", "ä".encode(), b"\xff"])
def test_other_correlation_ids_are_replaced(given: bytes) -> None:
    assert ask(Echo(), [(b"x-correlation-id", given)]).headers["x-correlation-id"].count("-") == 4


def test_host_activity_replaces_the_callers_trace_parent() -> None:
    application = Echo()
    ask(
        application,
        [(b"traceparent", b"00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01")],
        **{"azure_functions.trace_context": SimpleNamespace(trace_parent="00-" + "c" * 32 + "-" + "d" * 16 + "-01")},
    )
    found = [value for name, value in application.scopes[0]["headers"] if name == b"traceparent"]
    assert found == [b"00-" + b"c" * 32 + b"-" + b"d" * 16 + b"-01"]


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        (b"203.0.113.7:51234", ("203.0.113.7", 51234)),
        (b"10.0.0.1, 203.0.113.7:51234", ("203.0.113.7", 51234)),
        (b"203.0.113.7", ("203.0.113.7", 0)),
        (b"2001:db8::1", ("2001:db8::1", 0)),
        (b"[2001:db8::1]:443", ("2001:db8::1", 443)),
        (b"", None),
    ],
)
def test_client_is_the_last_hop_that_the_platform_added(forwarded: bytes, client: object) -> None:
    application = Echo()
    ask(application, [(b"x-forwarded-for", forwarded)])
    assert application.scopes[0]["client"] == client


def test_address_that_the_server_saw_is_not_replaced_by_a_header() -> None:
    application = Echo()
    ask(application, [(b"x-forwarded-for", b"6.6.6.6")], client=("127.0.0.1", 5))
    assert application.scopes[0]["client"] == ("127.0.0.1", 5)


def test_state_is_there_for_the_application() -> None:
    application = Echo()
    ask(application)
    assert application.scopes[0]["state"] == {}


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ([(b"transfer-encoding", b"chunked")], 411, "length_required"),
        ([(b"content-length", b"1e3")], 400, "bad_request"),
        ([(b"content-length", b"-1")], 400, "bad_request"),
        ([(b"content-length", str(1024 * 1024 + 1).encode())], 413, "body_too_large"),
        (
            [(b"content-type", b"Multipart/form-data; boundary=x"), (b"content-length", str(2 * 1024 * 1024).encode())],
            413,
            "body_too_large",
        ),
    ],
)
def test_bodies_that_cannot_be_taken_are_refused_unread(headers: list[Header], status: int, code: str) -> None:
    application = Echo()
    answer = ask(application, headers)
    assert (answer.status, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert application.scopes == []


def test_multipart_body_within_the_limit_is_passed_on() -> None:
    headers = [(b"content-type", b"multipart/form-data; boundary=x"), (b"content-length", str(1024 * 1024 + LIMIT).encode())]
    assert ask(Echo(), headers).status == 200


def test_failure_becomes_a_problem_without_a_trace_of_its_cause() -> None:
    answer = ask(Echo(before=RuntimeError("password=hunter2")))
    assert (answer.status, answer.json()["code"]) == (500, "internal")
    assert answer.json()["correlation_id"] == answer.headers["x-correlation-id"]
    assert b"hunter2" not in answer.body


def test_failure_after_the_answer_has_begun_is_swallowed() -> None:
    assert ask(Echo(after=RuntimeError("late"))).status == 200


def test_application_that_cannot_be_made_is_503() -> None:
    def make() -> Any:
        raise SettingsError("DATABASE_URL is not set")

    answer = ask(Edge(make, max_upload_bytes=lambda: LIMIT))
    assert (answer.status, answer.json()["code"]) == (503, "service_unavailable")
    assert "DATABASE_URL" not in answer.body.decode()
    assert "retry-after" in answer.headers


def test_application_is_made_once_and_only_for_requests() -> None:
    made: list[Echo] = []

    def make() -> Echo:
        made.append(Echo())
        return made[-1]

    edge = Edge(make, max_upload_bytes=lambda: LIMIT)
    assert made == []
    for _ in range(3):
        ask(edge)
    assert len(made) == 1


def test_lifespan_is_answered_by_the_edge_and_closes_at_its_end() -> None:
    closed: list[bool] = []
    edge = Edge(Echo, max_upload_bytes=lambda: LIMIT, close=lambda: closed.append(True))
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    sent: list[Message] = []

    async def receive() -> Message:
        return next(messages)

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(edge({"type": "lifespan"}, receive, send))
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert closed == [True]
