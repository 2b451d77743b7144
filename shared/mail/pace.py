"""How many mails all workers together hand over in a minute, where the relay has a quota.

What a relay refuses for its quota is an attempt lost: of a thousand mails at once most would be given up after three days.
So they wait here, spread over the minutes that they need, and lose none.
"""

import logging
import random
import time

import redis

_log = logging.getLogger(__name__)

_MINUTE_S = 60
# Further ahead the number of those who wait is no more than a guess.
_MOST_MINUTES = 60


def wait_s(client: redis.Redis, per_minute: int) -> float | None:
    """Return ``None`` where a mail may be handed over now, else after how many seconds to ask again.

    0 a minute: there is no quota. Redis may lose the count, or be away: then the relay is asked and says no itself.
    """
    if not per_minute:
        return None
    now = _now()
    minute = int(now // _MINUTE_S)
    key = f"mail:pace:{minute}"
    try:
        with client.pipeline() as pipeline:
            pipeline.incr(key)
            pipeline.expire(key, 2 * _MINUTE_S)
            number = int(pipeline.execute()[0])
    except redis.RedisError:
        _log.warning("mails are not counted: Redis did not answer", extra={"action": "mail_pace_unknown"})
        return None
    ahead = min((number - 1) // per_minute, _MOST_MINUTES)
    if not ahead:
        return None
    return (minute + ahead) * _MINUTE_S - now + random.uniform(0, _MINUTE_S)  # noqa: S311 - spreads load, guards nothing


def _now() -> float:
    return time.time()
