"""The outermost ASGI layer: what every request meets first, whatever host it came through.

The Functions adapter differs from a web server in ways that an application must not have to know (azure-functions 1.26,
``_http_asgi.py``); this layer evens them out, and uvicorn gets the very same behaviour.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from function_app import correlation, problems
from shared.errors import AdvisorReportsError
from shared.telemetry import context

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_log = logging.getLogger(__name__)

# Everything but an export fits well into this.
_MAX_PLAIN_BODY_BYTES = 1024 * 1024
# What boundaries, part headers and text fields may add to the files of a multipart body.
_MULTIPART_EXTRA_BYTES = 1024 * 1024

_SECURITY_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"cross-origin-resource-policy": b"same-origin",
    b"cache-control": b"no-store",
}
_HTTPS_ONLY = (b"strict-transport-security", b"max-age=31536000")


_ANY_HOST = frozenset({"*"})


class Edge:
    """Wraps the application that ``make_application`` returns; made on the first request, kept for the process's life.

    ``max_upload_bytes`` and ``hosts`` (in lower case; ``*``: any) are asked per request, so that nothing reads the settings
    before they are needed.
    """

    def __init__(
        self,
        make_application: Callable[[], Application],
        *,
        max_upload_bytes: Callable[[], int],
        hosts: Callable[[], frozenset[str]] = lambda: _ANY_HOST,
        close: Callable[[], None] = lambda: None,
    ) -> None:
        self._make_application = make_application
        self._max_upload_bytes = max_upload_bytes
        self._hosts = hosts
        self._close = close
        self._application: Application | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] == "lifespan":
            await self._answer_lifespan(receive, send)
        elif scope["type"] == "http":
            await self._answer_http(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1000})

    async def _answer_lifespan(self, receive: Receive, send: Send) -> None:
        # The adapter runs this once per concurrent first request, so nothing may hang on it but the end of the process.
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                self._close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _answer_http(self, scope: Scope, receive: Receive, send: Send) -> None:
        _complete_scope(scope)
        headers: dict[bytes, bytes] = dict(scope["headers"])
        correlation_id = correlation.accept(_text(headers.get(b"x-correlation-id")))
        token = correlation.current.set(correlation_id)
        context.bind(correlation_id=correlation_id)
        answer = _Answer(send, correlation_id, is_https=scope.get("scheme") == "https")
        try:
            # Made first, since logs are configured on the way and not before.
            application = self._wrapped()
            if (refusal := self._refusal_of(scope, headers)) is not None:
                await answer.refuse(*refusal)
                return
            await application(scope, receive, answer.send)
        except Exception as error:  # noqa: BLE001 - nothing may get past the edge
            _log.exception(
                "a request failed unexpectedly",
                extra={"action": "request_failed", "error": type(error).__name__},
            )
            if not answer.started:
                await answer.refuse(*_refusal_for(error))
        finally:
            correlation.current.reset(token)

    def _wrapped(self) -> Application:
        if self._application is None:
            self._application = self._make_application()
        return self._application

    def _refusal_of(self, scope: Scope, headers: dict[bytes, bytes]) -> tuple[int, str, str, str] | None:
        """Return why the request must not be read at all, if so: status, code, sentence, next step."""
        if not self._is_for_us(scope, headers):
            return 421, "misdirected_request", "This service does not answer under that host name.", _NAME_HOST
        given_length = headers.get(b"content-length")
        if given_length is None:
            # The Functions host hands chunked bodies over as empty ones; elsewhere they would arrive, but a caller should
            # not learn that only in production.
            if b"transfer-encoding" in headers:
                return 411, "length_required", "The request has a body without Content-Length.", _SEND_LENGTH
            return None
        if not given_length.isdigit():
            return 400, "bad_request", "Content-Length is not a number.", _SEND_LENGTH
        is_multipart = headers.get(b"content-type", b"").lstrip().lower().startswith(b"multipart/")
        limit = self._max_upload_bytes() + _MULTIPART_EXTRA_BYTES if is_multipart else _MAX_PLAIN_BODY_BYTES
        if int(given_length) > limit:
            return 413, "body_too_large", f"The request body is larger than the {limit:,} bytes allowed here.", _SEND_LESS
        return None

    def _is_for_us(self, scope: Scope, headers: dict[bytes, bytes]) -> bool:
        # Platforms probe health by whatever address they know.
        if scope["path"].endswith(("/health/live", "/health/ready")) or "*" in (allowed := self._hosts()):
            return True
        host = (_text(headers.get(b"host")) or "").lower()
        name = host.rpartition(":")[0] if _has_port(host) else host
        return name.strip("[]") in allowed


_NAME_HOST = "Use the address that the administrator gave, or let them add this name to ALLOWED_HOSTS."
_SEND_LENGTH = "Send the body with a Content-Length header instead of in chunks."
_SEND_LESS = "Send less, or upload a large export by the link that POST /api/v1/uploads gives."


class _Answer:
    """What goes back to the caller: completed by the headers that every answer carries, and whether it has begun."""

    def __init__(self, send: Send, correlation_id: str, *, is_https: bool) -> None:
        self._send = send
        self._correlation_id = correlation_id
        self._is_https = is_https
        self.started = False

    async def send(self, message: Message) -> None:
        """Pass on one message of the application."""
        if message["type"] == "http.response.start":
            self.started = True
            message = {**message, "headers": self._completed(message.get("headers", ()))}
        elif message["type"] == "http.response.body":
            # The adapter reads the key without asking whether it is there.
            message = {**message, "body": message.get("body", b"")}
        await self._send(message)

    async def refuse(self, status: int, code: str, detail: str, next_step: str) -> None:
        """Answer with a problem document."""
        body = problems.document(status, code, detail, next_step)
        headers = [(b"content-type", problems.MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
        if status == 503:
            headers.append((b"retry-after", b"30"))
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})

    def _completed(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        given = list(headers)
        named = {name for name, _ in given}
        given += [(name, value) for name, value in _SECURITY_HEADERS.items() if name not in named]
        if self._is_https:
            given.append(_HTTPS_ONLY)
        given.append((b"x-correlation-id", self._correlation_id.encode()))
        return given


def _complete_scope(scope: Scope) -> None:
    """Put into the scope what the adapter leaves out or puts elsewhere."""
    headers = [(name.lower(), value) for name, value in scope["headers"]]
    trace = scope.get("azure_functions.trace_context")
    if trace is not None and getattr(trace, "trace_parent", None):
        # The host began an activity of its own; spans of ours belong under it, not beside it.
        headers = [(name, value) for name, value in headers if name != b"traceparent"]
        headers.append((b"traceparent", trace.trace_parent.encode("latin-1", "replace")))
    scope["headers"] = headers
    if scope.get("state") is None:
        scope["state"] = {}
    if scope.get("client") is None:
        scope["client"] = _client_of(headers)


def _client_of(headers: Iterable[tuple[bytes, bytes]]) -> tuple[str, int] | None:
    """Return the address that the platform's front end saw: the last one in X-Forwarded-For, the only one not forgeable."""
    forwarded = [value for name, value in headers if name == b"x-forwarded-for"]
    if not forwarded:
        return None
    last = forwarded[-1].decode("latin-1").rpartition(",")[2].strip()
    host, _, port = last.rpartition(":") if _has_port(last) else (last, "", "")
    return (host.strip("[]"), int(port) if port.isdigit() else 0) if host else None


def _has_port(address: str) -> bool:
    return address.count(":") == 1 or "]:" in address


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")


def _refusal_for(error: Exception) -> tuple[int, str, str, str]:
    if isinstance(error, AdvisorReportsError):
        # Only what keeps the application from being made comes this far; the reason is for the log, not for callers.
        return 503, "service_unavailable", "The service is not ready.", "Try again later, or tell the administrator."
    return 500, "internal", "Something went wrong on our side.", "Try again; if it stays, report the correlation id."
