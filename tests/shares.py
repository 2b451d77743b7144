"""A share of the servers, and what shows it to a test: variables, settings and database logins.

Most tests of one process have a share together: a tenant of its own keeps a test apart from others. A worker, a clock and
a sweep work for all tenants; tests that start them make these fixtures anew, for a module or for each test, so that
nothing is there but what the test itself ordered. In a ``conftest.py`` or a module of tests::

    product_environment, settings, database, system_database, owner = share_fixtures("function")
"""

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from sqlalchemy import Engine

from infra.local.servers import settings_of
from shared.database.engine import Login, create_engine
from shared.database.session import Database
from shared.settings import Settings
from tests.servers import AskingServers, TestServers

SERVERS = pytest.StashKey[TestServers | AskingServers]()


def share_fixtures(scope: Literal["session", "module", "function"]) -> tuple[Any, ...]:
    """Return the fixtures of a share that lives as long as ``scope``, in the order shown above."""

    @pytest.fixture(scope=scope)
    def product_environment(pytestconfig: pytest.Config) -> Iterator[dict[str, str]]:
        """The variables by which a process of the product finds the share's database, broker and storage."""
        servers = pytestconfig.stash[SERVERS]
        share = servers.share()
        # azure-identity reads these two from the environment of the very process; nothing else is set in it.
        with pytest.MonkeyPatch.context() as patch:
            for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER"):
                patch.setenv(name, share.environment[name])
            yield dict(share.environment)
        servers.give_back(share)

    @pytest.fixture(scope=scope)
    def settings(product_environment: dict[str, str]) -> Settings:
        """Settings of profile ``testing`` that point at the share."""
        return settings_of(product_environment)

    @pytest.fixture(scope=scope)
    def database(settings: Settings) -> Iterator[Database]:
        """The database as the application's login sees it."""
        yield from _open(settings, Login.APP)

    @pytest.fixture(scope=scope)
    def system_database(settings: Settings) -> Iterator[Database]:
        """The database as the login that works across tenants sees it."""
        yield from _open(settings, Login.SYSTEM)

    @pytest.fixture(scope=scope)
    def owner(settings: Settings) -> Iterator[Engine]:
        """An engine of the login that owns the schema."""
        engine = create_engine(settings, Login.OWNER, pool_size=2)
        yield engine
        engine.dispose()

    return product_environment, settings, database, system_database, owner


def _open(settings: Settings, login: Login) -> Iterator[Database]:
    database = Database(settings, login, pool_size=5)
    yield database
    database.dispose()
