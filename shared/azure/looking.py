"""Statistics of a connection, read from Azure: who is asked, as whom, and what is kept."""

import time
from collections.abc import Callable
from uuid import UUID

import msgspec

from shared.azure import statistics
from shared.azure.calls import AzureCalls
from shared.azure.errors import AzureAuthenticationError, AzureServiceError
from shared.azure.kept_statistics import KeptStatistics, StatisticsPendingError, UnderWay
from shared.azure.limiter import QueryLimiter
from shared.azure.resource_graph import ResourceGraph
from shared.azure.statistics import Statistics
from shared.azure.targets import targets_of
from shared.connections import connections
from shared.connections.credentials import credential_of
from shared.database.tables import AzureConnection
from shared.services import Services


class NothingShownError(AzureServiceError):
    """Resource Graph shows none of the subscriptions that Resource Manager lists."""

    code = "subscriptions_not_shown"

    def __init__(self, count: int) -> None:
        what = f"any of the {count:,} subscriptions" if count > 1 else "the subscription"
        super().__init__(
            f"Resource Graph does not show {what} yet.",
            next_step="Ask again in some minutes: new roles and new subscriptions take so long to reach it. Reports can be "
            "ordered at once; they are read from Advisor's own lists then.",
        )


def at_hand(services: Services, tenant_id: UUID, connection: AzureConnection) -> Statistics | None:
    """Return the connection's statistics where they were read within the last hour."""
    return KeptStatistics(services.redis).found(tenant_id, connection.id, of=_asked(connection))


def begin(
    services: Services, tenant_id: UUID, connection: AzureConnection, *, patience_s: float, at_most: int | None = None
) -> UnderWay:
    """Begin to look at the connection's statistics, or join whoever does, and return at once.

    It ends as :func:`fresh` does, or with :class:`~shared.azure.kept_statistics.StatisticsPendingError` where it is of more
    than ``at_most`` subscriptions, or where ``patience_s`` are over before the next question. Raises that where too many
    looks are under way.
    """
    until = time.monotonic() + patience_s

    def wait(seconds: float) -> None:
        if time.monotonic() + seconds > until:
            raise StatisticsPendingError
        time.sleep(seconds)

    return KeptStatistics(services.redis).begin(
        tenant_id,
        connection.id,
        lambda: _look(services, tenant_id, connection, wait=wait, at_most=at_most),
        patience_s=patience_s,
        of=_asked(connection),
    )


def fresh(
    services: Services,
    tenant_id: UUID,
    connection: AzureConnection,
    *,
    wait: Callable[[float], None],
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Statistics:
    """Read the connection's statistics from Azure and keep them for an hour.

    Raises :class:`~shared.azure.errors.AzureCallError`, whose family of authentication is also noted on the connection, and
    :class:`~shared.azure.targets.NothingToReadError`.
    """
    found = _look(services, tenant_id, connection, wait=wait, on_progress=on_progress)
    KeptStatistics(services.redis).keep(tenant_id, connection.id, found, of=_asked(connection))
    return found


def _asked(connection: AzureConnection) -> bytes:
    """Return who asks and for which subscriptions: once that is changed, what was kept before is of something else."""
    signs_in = (connection.kind, connection.directory_id, connection.application_id)
    return msgspec.json.encode((*signs_in, connection.selection), order="deterministic")


def _look(
    services: Services,
    tenant_id: UUID,
    connection: AzureConnection,
    *,
    wait: Callable[[float], None],
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
    at_most: int | None = None,
) -> Statistics:
    def check() -> None:
        # Also where nothing has to be waited for: whoever should stop, or has no more patience, hears of it.
        wait(0.0)

    check()
    try:
        targets = targets_of(services, tenant_id, connection, check=check)
        count = len(targets.names)
        if at_most is not None and count > at_most:
            raise StatisticsPendingError
        with AzureCalls(services.settings, credential_of(services, connection), wait=wait) as calls:
            graph = ResourceGraph(calls, QueryLimiter(services.redis, queries=services.settings.azure_graph_queries))
            found = statistics.look(
                graph, list(targets.names), on_progress=lambda done: on_progress(done, count), check=check
            )
    except AzureAuthenticationError as error:
        with services.database.tenant(tenant_id) as session:
            connections.mark_failing(session, connection.id, error)
        raise
    if not found.subscriptions_read:
        # Nothing to keep for an hour: it looks like an estate without recommendations.
        raise NothingShownError(count)
    return found
