"""Where Celery's commands find the application: ``celery -A worker.celery_app``."""

import os

# billiard reads it when first imported. Container Apps ends a replica with SIGTERM; remapped, it begins a soft shutdown.
os.environ.setdefault("REMAP_SIGTERM", "SIGQUIT")

from shared import loading

with loading.undisturbed():
    from worker.application import app

__all__ = ["app"]
