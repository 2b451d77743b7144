"""Signing in to Azure Managed Redis: the identity's object id as user, a token as password."""

import redis
from redis.credentials import CredentialProvider

from shared import settings
from shared.identity import process, scopes
from shared.identity.token_cache import TokenUnavailableError


class EntraRedis(CredentialProvider):
    """Gives each new connection to the broker a valid token; kombu makes one without arguments.

    The server closes a connection whose token expired. The client then connects again and gets the newest token here, so
    no thread has to renew anything and a fork breaks nothing.
    """

    def get_credentials(self) -> tuple[str, str]:
        """Return user and token.

        Raises :class:`redis.ConnectionError` where no token is to be had: to a broker's client that is a broker that
        cannot be reached, which it tries again, whereas anything else would end the worker.
        """
        mine = settings.get()
        try:
            return mine.broker_user, process.credential(mine).get_token(scopes.REDIS).token
        except TokenUnavailableError as error:
            raise redis.ConnectionError(f"{error.message} {error.next_step}") from error
