"""A relay in front of a server, which can fall silent while its connections stay open."""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self

from infra.local import ports


class Relay:
    """Carries bytes between its callers and ``port`` until it is told to fall silent; to be used in a ``with`` block."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._silent = threading.Event()
        self._server = socket.create_server((ports.HOST, 0))
        self._open: list[socket.socket] = [self._server]
        self.port = int(self._server.getsockname()[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for one in list(self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def fall_silent(self) -> None:
        """Pass nothing on from now on, without closing anything."""
        self._silent.set()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                caller, _ = self._server.accept()
                server = socket.create_connection((ports.HOST, self._target))
                self._open += [caller, server]
                for source, target in ((caller, server), (server, caller)):
                    threading.Thread(target=self._carry, args=(source, target), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if not self._silent.is_set():
                    target.sendall(data)
            if not self._silent.is_set():
                target.shutdown(socket.SHUT_WR)
