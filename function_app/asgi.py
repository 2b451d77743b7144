"""The HTTP application for any ASGI server: ``uvicorn function_app.asgi:application``.

What takes long to import is imported with the first request that needs it: the Functions host indexes this package within
seconds, and gives a whole start no more than thirty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from function_app import loading
from function_app.edge import Application, Edge
from shared import settings

if TYPE_CHECKING:
    from shared.services import Services

_services: Services | None = None


def services() -> Services:
    """Return what this process works with; made once, on first use."""
    global _services  # noqa: PLW0603 - one process, one set of services
    if _services is None:
        from function_app import telemetry  # noqa: PLC0415 - OpenTelemetry
        from shared.services import Services  # noqa: PLC0415 - SQLAlchemy, Celery, Azure's SDK

        made = Services(settings.get())
        telemetry.begin(made)
        _services = made
    return _services


def _make_application() -> Application:
    create_application = loading.load()
    from function_app import startup  # noqa: PLC0415 - loaded by now

    startup.report(services())
    return create_application(services())


def _close() -> None:
    if _services is not None:
        _services.close()


application = Edge(
    _make_application,
    max_upload_bytes=lambda: settings.get().max_upload_bytes,
    hosts=lambda: settings.get().hosts,
    close=_close,
)
