"""Which subscriptions a connection is to be asked about: those chosen, of those that it sees."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from shared.azure.calls import AzureCalls, Tally
from shared.azure.limiter import QueryLimiter
from shared.connections import connections, discovery, selection
from shared.connections.credentials import Connection, credential_of
from shared.connections.selection import Selection
from shared.database.tables import AzureSubscription
from shared.errors import ConflictError
from shared.services import Services

_LONGEST_NAP_S = 0.5


class NothingToReadError(ConflictError):
    """No subscription is left that the connection could read; ``reason`` is that of the first where there were some."""

    code = "no_subscriptions"

    def __init__(self, reason: str = "") -> None:
        super().__init__(
            f"No subscription could be read. {reason}" if reason else "There is no subscription to read.",
            next_step="Test the connection to see its subscriptions, then choose some of these.",
        )


@dataclass(frozen=True)
class Targets:
    """The subscriptions to read, with their names as far as known, and those that cannot be asked for."""

    names: dict[str, str]
    """By id in lower case."""
    unknown: tuple[str, ...]
    """Named, yet not seen by the connection or not among those it is set to."""


def targets_of(
    services: Services,
    tenant_id: UUID,
    connection: Connection,
    chosen: Selection | None = None,
    *,
    only: Sequence[str] = (),
    check: Callable[[], None] = lambda: None,
    tally: Tally | None = None,
) -> Targets:
    """Return what ``chosen`` means (``None``: the connection's own selection), narrowed to ``only`` where that names any.

    Looks for the connection's subscriptions first where that is due; call it outside transactions. ``check`` is called
    between questions, and twice a second while Azure asks to be left alone; it may raise to stop. What is asked is counted
    in ``tally``. Raises :class:`NothingToReadError`, :class:`~shared.azure.errors.AzureCallError` and
    :class:`~shared.connections.connections.ConnectionNotFoundError`.
    """
    with services.database.tenant(tenant_id) as session:
        is_due = discovery.is_due(connections.find(session, connection.id))
    if is_due:
        gate = QueryLimiter(services.redis, queries=services.settings.azure_graph_queries)
        credential = credential_of(services, connection)
        with AzureCalls(services.settings, credential, wait=_heeding(check), tally=tally) as calls:
            found = discovery.look(calls, connection, gate=gate, check=check)
        with services.database.tenant(tenant_id) as session:
            discovery.keep(session, connection, found.subscriptions)
    with services.database.tenant(tenant_id) as session:
        resolved = selection.resolve(session, connection.id, chosen)
        seen = select(AzureSubscription.subscription_id, AzureSubscription.name).where(
            AzureSubscription.connection_id == connection.id
        )
        names = {row.subscription_id: row.name for row in session.execute(seen)}
    ids, unknown = set(resolved.subscription_ids), set(resolved.unknown)
    if only:
        wanted = {one.lower() for one in only}
        unknown |= wanted - ids
        ids &= wanted
    if not ids:
        raise NothingToReadError
    return Targets({one: names.get(one, "") for one in ids}, tuple(sorted(unknown)))


def _heeding(check: Callable[[], None]) -> Callable[[float], None]:
    """Return what sleeps, and hears from ``check`` when nobody wants to sleep on."""

    def wait(seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            check()
            time.sleep(min(left, _LONGEST_NAP_S))
        check()

    return wait
