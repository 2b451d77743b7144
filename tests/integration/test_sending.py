"""A request goes to the address that was checked, under the name that was given, and is bounded in time and size."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import trustme

from infra.local import ports
from shared.outgoing.destination import Destination, resolve
from shared.outgoing.rules import Rules
from shared.outgoing.sending import Answer, Message, SendingFailedError, send
from tests.integration.jobs.waiting import PATIENCE_S

_BODY = b'{"a":1}'
_NAME = "hooks.example.com"
_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Seen: yes\r\n\r\nok"
Act = Callable[[ssl.SSLSocket, bytes], None]


class Receiver:
    """A TLS server on loopback that reads one request a connection and then does as it is told."""

    def __init__(self, authority: trustme.CA, act: Act, *, name: str = _NAME) -> None:
        self._act = act
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(self._context)
        self._context.sni_callback = lambda _socket, asked, _context: self.names.append(asked)
        self.names: list[str] = []
        self.requests: list[bytes] = []
        self._listener = socket.create_server((ports.HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for somebody
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        try:
            with self._context.wrap_socket(connection, server_side=True) as secured:
                request = b""
                while not request.endswith(_BODY):
                    if not (received := secured.recv(65536)):
                        return  # whoever sent it went away
                    request += received
                self.requests.append(request)
                self._act(secured, request)
        except OSError:
            return


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture
def receiver(authority: trustme.CA) -> Iterator[Callable[..., Receiver]]:
    made: list[Receiver] = []

    def make(act: Act, **options: str) -> Receiver:
        made.append(Receiver(authority, act, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def _answering(answer: bytes) -> Act:
    return lambda connection, _request: connection.sendall(answer)


def _destination(
    port: int, resolver: Callable[[str, int], Sequence[str]] = lambda _host, _port: [ports.HOST]
) -> Destination:
    rules = Rules(hosts=frozenset({(_NAME, port)}))
    return resolve(f"https://{_NAME}:{port}/advisor?a=b", rules, resolver=resolver)


def _post(destination: Destination, ca_file: Path, *, timeout_s: float = PATIENCE_S, **options: int) -> Answer:
    message = Message("POST", {"Content-Type": "application/json", "webhook-id": "1"}, _BODY)
    return send(destination, message, timeout_s=timeout_s, ca_file=ca_file, **options)


def test_the_name_is_resolved_once_and_kept_for_tls_and_host(receiver: Callable[..., Receiver], ca_file: Path) -> None:
    server = receiver(_answering(_OK))
    answers = iter([[ports.HOST], ["169.254.169.254"]])
    destination = _destination(server.port, lambda _host, _port: next(answers))
    answer = _post(destination, ca_file)
    assert (answer.status, answer.body, answer.headers["x-seen"], answer.is_cut) == (200, b"ok", "yes", False)
    assert server.names == [_NAME]
    assert server.requests[0].startswith(b"POST /advisor?a=b HTTP/1.1\r\n")
    assert f"\r\nHost: {_NAME}:{server.port}\r\n".encode() in server.requests[0]
    assert server.requests[0].endswith(b"\r\n\r\n" + _BODY)


def test_a_redirect_is_an_answer_and_is_not_followed(receiver: Callable[..., Receiver], ca_file: Path) -> None:
    server = receiver(_answering(b"HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n"))
    answer = _post(_destination(server.port), ca_file)
    assert (answer.status, answer.headers["location"]) == (307, "http://127.0.0.1/")
    assert len(server.requests) == 1


def test_an_endless_answer_is_cut(receiver: Callable[..., Receiver], ca_file: Path) -> None:
    def pour(connection: ssl.SSLSocket, _request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 10_000)

    answer = _post(_destination(receiver(pour).port), ca_file, max_answer_bytes=5_000)
    assert (len(answer.body), answer.is_cut) == (5_000, True)


@pytest.mark.parametrize(
    "begun", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"], ids=["silent", "header", "body"]
)
def test_a_server_that_drips_is_given_up_in_time(receiver: Callable[..., Receiver], ca_file: Path, begun: bytes) -> None:
    stop = threading.Event()

    def drip(connection: ssl.SSLSocket, _request: bytes) -> None:
        connection.sendall(begun)
        while begun and not stop.wait(0.02):
            connection.sendall(b"x")
        stop.wait()

    try:
        with pytest.raises(SendingFailedError, match=r"within 0\.4 s"):
            _post(_destination(receiver(drip).port), ca_file, timeout_s=0.4)
    finally:
        stop.set()


def test_a_certificate_of_another_name_is_refused(receiver: Callable[..., Receiver], ca_file: Path) -> None:
    server = receiver(_answering(_OK), name="other.example.com")
    with pytest.raises(SendingFailedError, match="certificate"):
        _post(_destination(server.port), ca_file)
    assert server.requests == []


def test_a_certificate_of_an_unknown_authority_is_refused(receiver: Callable[..., Receiver], tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    server = receiver(_answering(_OK))
    with pytest.raises(SendingFailedError, match="certificate"):
        _post(_destination(server.port), tmp_path / "other.pem")
    assert server.requests == []


def test_the_next_address_is_tried_where_one_refuses(receiver: Callable[..., Receiver], ca_file: Path) -> None:
    server = receiver(_answering(_OK))
    destination = _destination(server.port, lambda _host, _port: ["127.0.0.2", ports.HOST])
    assert _post(destination, ca_file).status == 200


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH_9\r\n", b""], ids=["ssh", "none"])
def test_what_is_no_http_is_said(receiver: Callable[..., Receiver], ca_file: Path, answer: bytes) -> None:
    with pytest.raises(SendingFailedError) as failed:
        _post(_destination(receiver(_answering(answer)).port), ca_file)
    assert failed.value.next_step


def test_nobody_listening_is_said(ca_file: Path) -> None:
    with pytest.raises(SendingFailedError, match="cannot be reached"):
        _post(_destination(ports.choose()), ca_file)


def test_a_header_cannot_smuggle_another(receiver: Callable[..., Receiver], ca_file: Path) -> None:
    server = receiver(_answering(_OK))
    with pytest.raises(SendingFailedError):
        send(_destination(server.port), Message("GET", {"X": "a\r\nY: b"}), timeout_s=5, ca_file=ca_file)
    assert server.requests == []
