"""Importing what a first request needs."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from shared import loading

if TYPE_CHECKING:
    from function_app.edge import Application
    from shared.services import Services


def load() -> "Callable[[Services], Application]":
    """Import the API and all that it stands on, and return what makes the application."""
    with loading.undisturbed():
        import azure.identity  # noqa: F401, PLC0415 - the first token would wait for it

        from function_app import startup, telemetry  # noqa: F401, PLC0415 - OpenTelemetry, SQLAlchemy, Celery, Azure's SDK
        from function_app.api.application import create_application  # noqa: PLC0415 - FastAPI
    return create_application
