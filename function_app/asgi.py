"""The HTTP application for any ASGI server: ``uvicorn function_app.asgi:application``."""

from function_app.edge import Application, Edge
from shared import settings
from shared.services import Services

_services: Services | None = None


def services() -> Services:
    """Return what this process works with; made once, on first use."""
    global _services  # noqa: PLW0603 - one process, one set of services
    if _services is None:
        _services = Services(settings.get())
    return _services


def _make_application() -> Application:
    # FastAPI and SQLAlchemy take half of a cold start to import; timers do without the former.
    from function_app.api.application import create_application  # noqa: PLC0415

    return create_application(services())


def _close() -> None:
    if _services is not None:
        _services.close()


application = Edge(_make_application, max_upload_bytes=lambda: settings.get().max_upload_bytes, close=_close)
