"""Importing what a first request needs, without pauses to look for garbage that importing does not make.

Modules are made to stay. Python looks for garbage among them some four hundred times on the way, which is a quarter of the
time; afterwards they are set aside, so that later looks do not go through them either.
"""

import gc
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from function_app.edge import Application
    from shared.services import Services


def load() -> "Callable[[Services], Application]":
    """Import the API and all that it stands on, and return what makes the application."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        import azure.identity  # noqa: F401, PLC0415 - the first token would wait for it

        from function_app import startup, telemetry  # noqa: F401, PLC0415 - OpenTelemetry, SQLAlchemy, Celery, Azure's SDK
        from function_app.api.application import create_application  # noqa: PLC0415 - FastAPI
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
    return create_application
