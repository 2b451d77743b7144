"""Celery options that publishers and workers must agree on."""

from typing import Any

from shared.settings import Settings

CONNECT_TIMEOUT_S = 2.0
# Longer than any task may run (the longest hard limit is that of report generation), or Redis would hand a running task out
# again. A lost worker's jobs do not wait for this: the lease on the job row is what brings them back.
VISIBILITY_TIMEOUT_S = 3600


def publishing_options(settings: Settings) -> dict[str, Any]:
    """Return the options by which messages are written: address, serializer, key separator, time limits."""
    return {
        "broker_url": settings.broker_url.get_secret_value(),
        "broker_connection_timeout": CONNECT_TIMEOUT_S,
        "broker_transport_options": {
            # Names such as "default:3" instead of control characters: readable, and usable in scale rules.
            "sep": ":",
            "queue_order_strategy": "priority",
            "visibility_timeout": VISIBILITY_TIMEOUT_S,
            "socket_timeout": 30,
            "socket_connect_timeout": CONNECT_TIMEOUT_S,
            "socket_keepalive": True,
            "health_check_interval": 25,
        },
        "task_serializer": "json",
        "accept_content": ["json"],
        "result_backend": None,
        "task_ignore_result": True,
        "task_publish_retry": False,
        "broker_pool_limit": 10,
        "enable_utc": True,
        "timezone": "UTC",
    }
