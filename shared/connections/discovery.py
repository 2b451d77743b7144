"""Looking for the subscriptions that a connection sees: names, states, tags, places among management groups."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import cast, delete, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, insert
from sqlalchemy.orm import Session

from shared.azure.calls import AzureCalls, Gate
from shared.azure.errors import AzureCallError, AzurePermissionError, AzureRefusedError
from shared.azure.resource_graph import NONE_SHOWN
from shared.connections.credentials import Connection
from shared.database.tables import AzureConnection, AzureSubscription
from shared.database.tables.azure_connection import ConnectionKind
from shared.identifiers import new_id

LIST_VERSION = "2022-12-01"
GRAPH_PATH = "/providers/Microsoft.ResourceGraph/resources"
GRAPH_VERSION = "2022-10-01"
PLACES_QUERY = (
    "resourcecontainers"
    " | where type =~ 'microsoft.resources/subscriptions'"
    " | project id, subscriptionId, chain = properties.managementGroupAncestorsChain"
    " | order by id asc"
)
"""Where subscriptions stand among management groups; Resource Graph says so without a right on the groups themselves."""

# So long a list of subscriptions is believed: one that was added meanwhile is missing from a report, which nobody would see.
_FRESH_FOR = timedelta(minutes=10)
# More than any directory holds; what lies beyond is told, not silently left out.
MOST_SUBSCRIPTIONS = 20_000
# The most subscriptions that one question to Resource Graph may name, and the most rows that one page holds.
_GROUP = 1000
_MAX_TEXT_CHARS = 500
_MAX_TAGS = 100
# States of subscriptions that are gone, or as good as.
_GONE = {"deleted", "expired"}

_decode_object = msgspec.json.Decoder(dict[str, Any]).decode
_NEW = insert(AzureSubscription)
_UPSERT = _NEW.on_conflict_do_update(
    index_elements=[AzureSubscription.tenant_id, AzureSubscription.connection_id, AzureSubscription.subscription_id],
    set_={
        **{name: _NEW.excluded[name] for name in ("name", "state", "directory_id", "tags", "seen_at")},
        # Every subscription stands somewhere: where Resource Graph would not say, what it said before holds.
        **{
            name: func.coalesce(func.nullif(_NEW.excluded[name], cast([], ARRAY(TEXT))), AzureSubscription.__table__.c[name])
            for name in ("management_groups", "management_group_names")
        },
    },
)


@dataclass(frozen=True, slots=True)
class Found:
    """A subscription as Azure describes it."""

    subscription_id: str
    name: str
    state: str
    directory_id: str
    tags: dict[str, str] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    """Ids of the management groups above it, from the root down, in lower case."""
    group_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Discovery:
    """What a look brought."""

    subscriptions: tuple[Found, ...]
    graph_error: AzureCallError | None = None
    """Why Resource Graph did not answer; places among management groups are not known then."""


def is_due(connection: AzureConnection) -> bool:
    """Return whether Azure should be asked for the subscriptions before anything is read from them."""
    seen_at = connection.subscriptions_seen_at
    return seen_at is None or datetime.now(UTC) - seen_at > _FRESH_FOR


def look(
    calls: AzureCalls, connection: Connection, *, gate: Gate | None = None, check: Callable[[], None] = lambda: None
) -> Discovery:
    """Ask Azure for the connection's subscriptions; ``check`` is called between questions and may raise.

    Questions to Resource Graph are let through by ``gate``. Raises :class:`~shared.azure.errors.AzureCallError` where the
    subscriptions cannot be listed at all.
    """
    subscriptions: list[Found] = []
    asked_for = "list the subscriptions"
    for item in calls.items("/subscriptions", asked_for=asked_for, **{"api-version": LIST_VERSION}):
        found = _found(item)
        if found is not None and _is_of(connection, found):
            subscriptions.append(found)
        if len(subscriptions) > MOST_SUBSCRIPTIONS:
            raise AzureRefusedError(
                f"The connection sees more than {MOST_SUBSCRIPTIONS:,} subscriptions.",
                next_step="Give the connection its role on fewer management groups, or make several connections.",
            )
        check()
    unique = list({found.subscription_id: found for found in subscriptions}.values())
    try:
        places = _places(calls, [found.subscription_id for found in unique], gate, check)
    except (AzurePermissionError, AzureRefusedError) as error:
        return Discovery(tuple(unique), error)
    return Discovery(tuple(_placed(found, places.get(found.subscription_id, [])) for found in unique))


def keep(session: Session, connection: Connection, subscriptions: Sequence[Found]) -> None:
    """Write what was found over what was known; does nothing where the connection is gone or signs in anew by now."""
    row = session.scalars(
        select(AzureConnection)
        .where(
            AzureConnection.id == connection.id,
            AzureConnection.deleted_at.is_(None),
            AzureConnection.directory_id.is_not_distinct_from(connection.directory_id),
            AzureConnection.application_id.is_not_distinct_from(connection.application_id),
        )
        .with_for_update(key_share=True)
    ).one_or_none()
    if row is None:
        return
    now = session.scalar(select(func.clock_timestamp()))
    if subscriptions:
        values = [_row(connection.tenant_id, connection.id, found, now) for found in subscriptions]
        # One statement with many values, compiled once: thousands of them in one text take longer to write than to run.
        session.connection().execute(_UPSERT, values)
    session.execute(
        delete(AzureSubscription).where(AzureSubscription.connection_id == connection.id, AzureSubscription.seen_at < now)
    )
    session.execute(
        update(AzureConnection)
        .where(AzureConnection.id == connection.id)
        .values(subscriptions_seen_at=now)
        .execution_options(synchronize_session=False)
    )


def _places(
    calls: AzureCalls, ids: Sequence[str], gate: Gate | None, check: Callable[[], None]
) -> dict[str, list[dict[str, Any]]]:
    places: dict[str, list[dict[str, Any]]] = {}
    for group in _batches(ids, _GROUP):
        token: str | None = None
        # As many pages as there can be: one that repeats itself must not be asked for ever.
        for _ in range(_GROUP):
            page = _page(calls, group, token, gate)
            rows = page.get("data")
            for row in rows if isinstance(rows, list) else ():
                if isinstance(row, dict):
                    places[_text(row.get("subscriptionId")).lower()] = row.get("chain") or []
            check()
            token = page.get("$skipToken")
            if not token:
                break
    return places


def _page(calls: AzureCalls, group: Sequence[str], token: str | None, gate: Gate | None) -> dict[str, Any]:
    options = {"resultFormat": "objectArray", "$top": _GROUP, **({"$skipToken": token} if token else {})}
    try:
        page, _ = calls.send(
            "POST",
            GRAPH_PATH,
            asked_for="tell the management groups of the subscriptions",
            decode=_decode_object,
            params={"api-version": GRAPH_VERSION},
            body={"subscriptions": list(group), "query": PLACES_QUERY, "options": options},
            gate=gate,
        )
    except AzureRefusedError as error:
        # It learns of new roles some minutes after Resource Manager does.
        if NONE_SHOWN not in error.detail_codes:
            raise
        return {}
    return page


def _placed(found: Found, chain: Any) -> Found:
    # Resource Graph lists the nearest group first.
    links = [link for link in reversed(chain if isinstance(chain, list) else []) if isinstance(link, dict)]
    return replace(
        found,
        groups=tuple(_text(link.get("name")).lower() for link in links),
        group_names=tuple(_text(link.get("displayName") or link.get("name")) for link in links),
    )


def _found(item: dict[str, Any]) -> Found | None:
    subscription_id = _text(item.get("subscriptionId")).lower()
    state = _text(item.get("state"))
    if not subscription_id or state.lower() in _GONE:
        return None
    tags = item.get("tags")
    kept = list(tags.items())[:_MAX_TAGS] if isinstance(tags, dict) else []
    return Found(
        subscription_id,
        _text(item.get("displayName")) or subscription_id,
        state,
        _text(item.get("tenantId")).lower(),
        {_text(name): _text(value) for name, value in kept},
    )


def _is_of(connection: Connection, found: Found) -> bool:
    # The installation's own identity is let in by many: a connection that names a directory is about that one alone.
    if connection.kind != ConnectionKind.MANAGED_IDENTITY or connection.directory_id is None:
        return True
    return found.directory_id == str(connection.directory_id)


def _row(tenant_id: UUID, connection_id: UUID, found: Found, now: Any) -> dict[str, Any]:
    return {
        "id": new_id(),
        "tenant_id": tenant_id,
        "connection_id": connection_id,
        "subscription_id": found.subscription_id,
        "name": found.name,
        "state": found.state,
        "directory_id": found.directory_id,
        "management_groups": list(found.groups),
        "management_group_names": list(found.group_names),
        "tags": found.tags,
        "seen_at": now,
    }


def _text(value: Any) -> str:
    # PostgreSQL's text holds every character but this one.
    return str(value if value is not None else "").replace("\0", "")[:_MAX_TEXT_CHARS]


def _batches(items: Sequence[Any], size: int) -> Iterable[Sequence[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))
