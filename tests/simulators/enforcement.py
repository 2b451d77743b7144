"""Servers that let in who has a token: PostgreSQL by the role's password, Redis by access control list.

Each new token becomes the password of the identity's roles, valid until the token is not. PostgreSQL has one password a
role, so the token before it is refused from then on: stricter than Azure, which honours both. Redis keeps each token to
its end, and then, like Azure's, ends the connections that were opened with it.
"""

import threading
import time
from collections.abc import Callable, Sequence

import psycopg
import redis
from psycopg import sql

from tests.simulators.tls import TlsGateway
from tests.simulators.tokens import Token

POSTGRESQL = "https://ossrdbms-aad.database.windows.net"
REDIS = "https://redis.azure.com"


class PostgresqlEnforcement:
    """Makes each token for PostgreSQL the password of ``roles``."""

    def __init__(self, connect: Callable[[], psycopg.Connection], roles: Sequence[str]) -> None:
        self._connection = connect()
        self._roles = roles
        self._lock = threading.Lock()

    def __call__(self, token: Token) -> None:
        """Take a new token in."""
        if token.resource != POSTGRESQL:
            return
        with self._lock:
            for role in self._roles:
                self._connection.execute(
                    sql.SQL("alter role {} password {} valid until {}").format(
                        sql.Identifier(role), sql.Literal(token.text), sql.Literal(_timestamp(token.expires_on))
                    )
                )

    def end_sessions(self) -> int:
        """End all sessions of the roles, as a fail-over does, wait for their end, and return how many there were."""
        with self._lock:
            ended = self._connection.execute(
                "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity where usename = any(%s)",
                [list(self._roles)],
            ).fetchone()
        assert ended is not None
        return int(ended[0])

    def sessions(self) -> int:
        """Return how many sessions the roles have."""
        with self._lock:
            found = self._connection.execute(
                "select count(*) from pg_stat_activity where usename = any(%s)", [list(self._roles)]
            ).fetchone()
        assert found is not None
        return int(found[0])

    def close(self) -> None:
        """Close the connection by which this is done."""
        self._connection.close()


class RedisEnforcement:
    """Makes each token for Redis a password of the user that is called like the identity's object id."""

    def __init__(self, administrator: redis.Redis, user: str, gateway: TlsGateway) -> None:
        self._administrator = administrator
        self._user = user
        self._gateway = gateway
        self._timers: list[threading.Timer] = []
        self.ended: list[float] = []
        """When connections were ended with their token, in seconds of the monotonic clock."""

    def __call__(self, token: Token) -> None:
        """Take a new token in."""
        if token.resource != REDIS:
            return
        self._administrator.acl_setuser(
            self._user, enabled=True, passwords=[f"+{token.text}"], keys=["*"], channels=["*"], commands=["+@all"]
        )
        timer = threading.Timer(max(0.0, token.expires_on - time.time()), self._expire, [token])
        timer.daemon = True
        timer.start()
        self._timers = [earlier for earlier in self._timers if earlier.is_alive()] + [timer]

    def close(self) -> None:
        """Let no token expire any more."""
        for timer in self._timers:
            timer.cancel()
        for timer in self._timers:
            timer.join(5)
        self._administrator.close()

    def _expire(self, token: Token) -> None:
        self._administrator.acl_setuser(self._user, enabled=True, passwords=[f"-{token.text}"])
        self.ended.append(time.monotonic())
        self._gateway.drop(lambda opening: token.text.encode() in opening)


def _timestamp(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S+00", time.gmtime(seconds))
