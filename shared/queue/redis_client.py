"""Redis beside the queue: what processes share for a while and may lose without harm."""

from typing import Any
from urllib.parse import urlsplit

import certifi
import redis

from shared.identity.redis import EntraRedis
from shared.settings import Settings

# Whoever asks has another way and should take it soon.
_TIMES: dict[str, Any] = {"socket_connect_timeout": 1.0, "socket_timeout": 2.0, "health_check_interval": 25}


def connect(settings: Settings) -> redis.Redis:
    """Return a client of the broker's server; it connects on first use. Every call may raise :class:`redis.RedisError`."""
    url = settings.broker_url.get_secret_value()
    address = urlsplit(url)
    options = dict(_TIMES)
    if address.scheme == "rediss":
        options |= {"ssl_cert_reqs": "required", "ssl_check_hostname": True}
        options["ssl_ca_certs"] = str(settings.broker_ca_file or certifi.where())
    if settings.broker_user and address.password is None:
        options["credential_provider"] = EntraRedis()
    return redis.Redis.from_url(url, **options)
