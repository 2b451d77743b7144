"""Celery options that publishers and workers must agree on."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import certifi

from shared.queue import results
from shared.settings import Settings

CONNECT_TIMEOUT_S = 2.0
# Longer than any task may run (the longest hard limit is that of report generation), or Redis would hand a running task out
# again. A lost worker's jobs do not wait for this: the lease on the job row is what brings them back.
VISIBILITY_TIMEOUT_S = 3600


def publishing_options(settings: Settings) -> dict[str, Any]:
    """Return the options by which messages are written: address, serializer, key separator, time limits."""
    broker_url = address(settings)
    return {
        "broker_url": broker_url,
        # Celery's command line takes the variable BROKER_URL for its own option and would use it as it stands, without
        # what makes TLS safe; these two go before it.
        "broker_read_url": broker_url,
        "broker_write_url": broker_url,
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
        "task_publish_retry": False,
        "broker_pool_limit": 10,
        "enable_utc": True,
        "timezone": "UTC",
        **results.options(settings),
    }


def address(settings: Settings) -> str:
    """Return the broker's address, completed by how TLS is checked and by whom a token is fetched for ``broker_user``.

    What BROKER_URL says itself is left as it is. Azure Managed Redis: ``rediss://NAME.REGION.redis.azure.net:10000/0``.
    """
    parts = urlsplit(settings.broker_url.get_secret_value())
    query = dict(parse_qsl(parts.query))
    if parts.scheme == "rediss":
        checks = {
            "ssl_cert_reqs": "required",
            "ssl_check_hostname": "true",
            "ssl_ca_certs": str(settings.broker_ca_file or certifi.where()),
        }
        query = checks | query
    if settings.broker_user and parts.password is None:
        # By name: kombu makes one in each process, so nothing is shared across a fork.
        query.setdefault("credential_provider", "shared.identity.redis.EntraRedis")
    return urlunsplit(parts._replace(query=urlencode(query)))
