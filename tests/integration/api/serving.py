"""The application served to synchronous callers, without a socket between."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal

from function_app.api.application import create_application
from function_app.edge import Edge
from shared.services import Services


def edge_over(services: Services) -> Edge:
    """Return the application as servers get it."""
    return Edge(lambda: create_application(services), max_upload_bytes=lambda: services.settings.max_upload_bytes)


class Served(httpx.BaseTransport):
    """An application on an event loop of its own thread; callers on any thread may ask at the same time."""

    def __init__(self, edge: Edge, portal: BlockingPortal) -> None:
        self._transport = httpx.ASGITransport(edge, raise_app_exceptions=False)
        self._portal = portal

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return self._portal.call(self._answer, request)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = await self._transport.handle_async_request(request)
        return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())


@contextmanager
def serving(services: Services) -> Iterator[Served]:
    """Serve the API over ``services``."""
    with start_blocking_portal() as portal:
        yield Served(edge_over(services), portal)


def caller(served: Served, key: str | None = None) -> httpx.Client:
    """Return a client that sends ``key``, or none."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.Client(transport=served, base_url="https://advisor.example", headers=headers)
