"""Sending one request to a checked destination: to the very address that was checked, bounded in time and size.

Python's HTTP client does the protocol over a connection that is made here, so that the name is not resolved a second time,
while TLS still verifies it. Redirects are answers, never followed.
"""

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import certifi

from shared.errors import AdvisorReportsError
from shared.outgoing.destination import Destination

MAX_ANSWER_BYTES = 64 * 1024
_CHUNK_BYTES = 8 * 1024


class SendingFailedError(AdvisorReportsError):
    """A request got no answer."""

    code = "no_answer"
    retryable = True


@dataclass(frozen=True)
class Message:
    """What is sent; ``Host``, ``Content-Length`` and ``Connection`` are added."""

    method: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What came back: the status, the headers by name in lower case, and the first bytes of the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool
    """Whether more came than was read."""
    duration_s: float


def send(
    destination: Destination,
    message: Message,
    *,
    timeout_s: float,
    max_answer_bytes: int = MAX_ANSWER_BYTES,
    ca_file: Path | None = None,
) -> Answer:
    """Send a request and return the answer, whatever its status; all of it takes ``timeout_s`` at most.

    Raises :class:`SendingFailedError`.
    """
    began = time.monotonic()
    deadline = began + timeout_s
    try:
        connection = _connect(destination, deadline, ca_file)
    except OSError as error:
        raise _failure(destination, error, began, timeout_s) from error
    with connection:
        # A server that sends a byte now and then would outlast any limit on single reads.
        guard = threading.Timer(max(deadline - time.monotonic(), 0.0), _cut, (connection,))
        guard.daemon = True
        guard.start()
        try:
            if isinstance(connection, ssl.SSLSocket):
                connection.do_handshake()
            answer = _exchange(destination, connection, message, max_answer_bytes, began)
            if time.monotonic() >= deadline:
                # What was cut looks like the end of an answer.
                raise TimeoutError
            return answer
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise _failure(destination, error, began, timeout_s) from error
        finally:
            guard.cancel()


def _connect(destination: Destination, deadline: float, ca_file: Path | None) -> socket.socket:
    """Return a connection to the first of the checked addresses that takes one; nothing is said on it yet."""
    failure: OSError = TimeoutError("no time was left to connect")
    for number, address in enumerate(destination.ip_addresses):
        left = deadline - time.monotonic()
        if left <= 0:
            break
        # A silent address must leave time for the next.
        patience = left / 2 if number + 1 < len(destination.ip_addresses) else left
        try:
            connection = socket.create_connection((address, destination.port), timeout=patience)
        except OSError as error:
            failure = error
            continue
        connection.settimeout(max(deadline - time.monotonic(), 0.001))
        return _secured(destination, connection, ca_file) if destination.scheme == "https" else connection
    raise failure


def _exchange(
    destination: Destination, secured: socket.socket, message: Message, max_answer_bytes: int, began: float
) -> Answer:
    connection = http.client.HTTPConnection(destination.host, destination.port)
    connection.sock = secured
    try:
        connection.putrequest(message.method, destination.target, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", destination.host_header)
        for name, value in message.headers.items():
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(message.body)))
        connection.putheader("Connection", "close")
        connection.endheaders(message.body)
        with connection.getresponse() as response:
            content = bytearray()
            while len(content) <= max_answer_bytes and (chunk := response.read1(_CHUNK_BYTES)):
                content += chunk
            return Answer(
                status=response.status,
                headers={name.lower(): value for name, value in response.getheaders()},
                body=bytes(content[:max_answer_bytes]),
                is_cut=len(content) > max_answer_bytes,
                duration_s=time.monotonic() - began,
            )
    finally:
        connection.close()


def _secured(destination: Destination, raw: socket.socket, ca_file: Path | None) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=str(ca_file or certifi.where()))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # The name is what TLS asks for and verifies, wherever the connection leads.
    return context.wrap_socket(raw, server_hostname=destination.host, do_handshake_on_connect=False)


def _cut(connection: socket.socket) -> None:
    # Past TLS, which would wait for a goodbye: whoever reads or writes fails at once.
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _failure(destination: Destination, error: Exception, began: float, timeout_s: float) -> SendingFailedError:
    where = destination.host
    if isinstance(error, ssl.SSLCertVerificationError):
        return SendingFailedError(
            f"The certificate of {where} is not valid: {error.verify_message}.",
            next_step="Let the receiver present a certificate of a public authority for this very name, with its chain.",
        )
    if isinstance(error, TimeoutError) or time.monotonic() - began >= timeout_s:
        return SendingFailedError(
            f"{where} did not answer within {timeout_s:g} s.",
            next_step="Let the receiver answer at once and work afterwards, or allow it more time.",
        )
    if isinstance(error, ssl.SSLError):
        return SendingFailedError(
            f"{where} does not speak TLS as it should ({error.reason or 'handshake failed'}).",
            next_step="Let the receiver offer TLS 1.2 or newer on this port.",
        )
    if isinstance(error, OSError):
        return SendingFailedError(
            f"{where} cannot be reached ({error.strerror or type(error).__name__}).",
            next_step="Check that the receiver runs and lets this installation in; it is tried again.",
        )
    return SendingFailedError(
        f"{where} did not answer in HTTP ({type(error).__name__}).", next_step="Check what listens at this address."
    )
