"""TLS in front of a server that has none: Azure's gateways of PostgreSQL and Redis, on loopback.

The embedded servers are built without TLS. This ends it before them, as Azure's gateways do, so that the client's side of
it (negotiation, authority, name) is real. A client that wants no TLS is refused.
"""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import trustme

_BLOCK = 64 * 1024
_OPENING_KEPT = 16 * 1024
# PostgreSQL, "Frontend/Backend Protocol", SSLRequest: length 8, code 80877103.
_SSL_REQUEST = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")


@dataclass(eq=False)
class _Connection:
    writers: list[asyncio.StreamWriter]
    opening: bytearray = field(default_factory=bytearray)

    def drop(self) -> None:
        for writer in self.writers:
            writer.transport.abort()


class TlsGateway:
    """Listens with a certificate for ``localhost`` and 127.0.0.1 and passes on to ``port`` of the loopback interface.

    ``postgresql``: the client asks for TLS within the protocol, as libpq does. Otherwise TLS begins at once.
    """

    def __init__(self, ca: trustme.CA, port: int, *, postgresql: bool = False) -> None:
        self._target = port
        self._postgresql = postgresql
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert("localhost", "127.0.0.1").configure_cert(self._context)
        self._connections: set[_Connection] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tls gateway", daemon=True)
        self._server: asyncio.Server | None = None
        self.port = 0

    def start(self) -> None:
        """Listen on a free port."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def stop(self) -> None:
        """Drop all connections and listen no more."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._connections)

    def drop(self, which: Callable[[bytes], bool] = lambda _opening: True) -> None:
        """End all connections whose client's first words ``which`` accepts, without a goodbye."""

        def drop() -> None:
            for connection in list(self._connections):
                if which(bytes(connection.opening)):
                    connection.drop()

        self._loop.call_soon_threadsafe(drop)

    async def _listen(self) -> None:
        context = None if self._postgresql else self._context
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        for connection in list(self._connections):
            connection.drop()
        # Dropped connections end their own tasks.
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        if others:
            await asyncio.wait(others, timeout=5)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Connection([writer])
        self._connections.add(connection)
        try:
            if self._postgresql and not await self._agree_on_tls(reader, writer):
                return
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._target)
            connection.writers.append(inner_writer)
            async with asyncio.TaskGroup() as group:
                group.create_task(_pump(reader, inner_writer, connection.opening))
                group.create_task(_pump(inner_reader, writer))
        except* (OSError, ssl.SSLError, asyncio.IncompleteReadError):
            pass
        finally:
            self._connections.discard(connection)
            connection.drop()

    async def _agree_on_tls(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if await reader.readexactly(len(_SSL_REQUEST)) != _SSL_REQUEST:
            return False
        writer.write(b"S")
        await writer.drain()
        await writer.start_tls(self._context)
        return True


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, opening: bytearray | None = None) -> None:
    while block := await reader.read(_BLOCK):
        if opening is not None and len(opening) < _OPENING_KEPT:
            opening += block
        writer.write(block)
        await writer.drain()
    # The other side may be gone before its end is closed.
    with contextlib.suppress(OSError):
        writer.close()
