"""Which subscriptions of a connection are read: all, some, those with a tag, or those under a management group."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from shared.connections.connections import find
from shared.database.tables import AzureSubscription
from shared.errors import ConflictError, InvalidRequestError

MAX_SUBSCRIPTIONS = 10_000
MAX_TAG_VALUES = 100
MAX_GROUPS = 100

# https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources: names to 512, values to 256 characters.
TagName = Annotated[str, msgspec.Meta(max_length=512)]
TagValue = Annotated[str, msgspec.Meta(max_length=256)]
GroupId = Annotated[str, msgspec.Meta(max_length=90, min_length=1)]
SubscriptionId = Annotated[
    str, msgspec.Meta(pattern=r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$")
]
# Azure compares tags' names without case and their values with it.
_HAS_TAG = text(
    "exists (select from jsonb_each_text(azure_subscription.tags) as t(name, value) where lower(t.name) = lower(:tag_name)"
    " and (cardinality(cast(:tag_values as text[])) = 0 or t.value = any(cast(:tag_values as text[]))))"
)


class SelectionMode(StrEnum):
    """By what subscriptions are chosen."""

    ALL = "all"
    SOME = "some"
    TAG = "tag"
    MANAGEMENT_GROUP = "management_group"


class SelectionInvalidError(InvalidRequestError):
    """A selection does not say what its mode needs, or says more."""

    code = "selection_invalid"

    def __init__(self, message: str) -> None:
        super().__init__(message, next_step="See the modes of a selection in docs/connections.md.")


class SubscriptionsUnknownError(ConflictError):
    """A connection never looked for its subscriptions."""

    code = "subscriptions_unknown"

    def __init__(self) -> None:
        super().__init__(
            "The subscriptions of this connection are not known yet.",
            next_step="Test the connection first: POST /api/v1/connections/{id}/test.",
        )


class Selection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A choice of subscriptions; the mode says which field counts, and the others are empty."""

    mode: SelectionMode = SelectionMode.ALL
    subscription_ids: Annotated[tuple[SubscriptionId, ...], msgspec.Meta(max_length=MAX_SUBSCRIPTIONS)] = ()
    tag: TagName = ""
    tag_values: Annotated[tuple[TagValue, ...], msgspec.Meta(max_length=MAX_TAG_VALUES)] = ()
    """Any of them will do; none named: any value."""
    management_groups: Annotated[tuple[GroupId, ...], msgspec.Meta(max_length=MAX_GROUPS)] = ()
    """Ids of groups; what lies anywhere below one of them is chosen."""

    def stored(self) -> dict[str, Any]:
        """Return the selection in JSON's own types, without the fields that its mode does not need."""
        given: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(self))
        return {name: value for name, value in given.items() if name == "mode" or value}


@dataclass(frozen=True, slots=True)
class Resolved:
    """The subscriptions that a selection means."""

    subscription_ids: tuple[str, ...]
    """Of those that the connection sees, in lower case, in order."""
    unknown: tuple[str, ...] = ()
    """Named, yet not seen by the connection: to be reported as not readable, never to be asked for."""


def selection_of(given: Any) -> Selection:
    """Return a selection from JSON's own types; raises :class:`SelectionInvalidError`."""
    try:
        selection = msgspec.convert(given, Selection)
    except msgspec.ValidationError as error:
        raise SelectionInvalidError(f"The selection of subscriptions is not valid: {error}.") from error
    needed = {
        SelectionMode.ALL: "",
        SelectionMode.SOME: "subscription_ids",
        SelectionMode.TAG: "tag",
        SelectionMode.MANAGEMENT_GROUP: "management_groups",
    }[selection.mode]
    allowed = {needed, "tag_values"} if needed == "tag" else {needed}
    for name in ("subscription_ids", "tag", "tag_values", "management_groups"):
        if getattr(selection, name) and name not in allowed:
            raise SelectionInvalidError(f"A selection of mode {selection.mode} has no {name}.")
    if needed and not getattr(selection, needed):
        raise SelectionInvalidError(f"A selection of mode {selection.mode} needs {needed}.")
    return selection


def resolve(session: Session, connection_id: UUID, selection: Selection | None = None) -> Resolved:
    """Return the subscriptions that ``selection`` means among those the connection sees; ``None``: the connection's own.

    What was found at the last look counts (:func:`shared.connections.discovery.refresh` looks again). Raises
    :class:`~shared.connections.connections.ConnectionNotFoundError` or :class:`SubscriptionsUnknownError`.
    """
    connection = find(session, connection_id)
    if connection.subscriptions_seen_at is None:
        raise SubscriptionsUnknownError
    chosen = selection or selection_of(connection.selection)
    statement = select(AzureSubscription.subscription_id).where(AzureSubscription.connection_id == connection_id)
    wanted: set[str] = set()
    match chosen.mode:
        case SelectionMode.SOME:
            wanted = {given.lower() for given in chosen.subscription_ids}
            statement = statement.where(AzureSubscription.subscription_id.in_(wanted))
        case SelectionMode.TAG:
            statement = statement.where(_HAS_TAG.bindparams(tag_name=chosen.tag, tag_values=list(chosen.tag_values)))
        case SelectionMode.MANAGEMENT_GROUP:
            groups = [group.lower() for group in chosen.management_groups]
            statement = statement.where(AzureSubscription.management_groups.overlap(groups))
    found = tuple(session.scalars(statement.order_by(func.lower(AzureSubscription.subscription_id))))
    return Resolved(found, tuple(sorted(wanted.difference(found))))
