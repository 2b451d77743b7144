"""What an Azure Resource Manager id says: subscription, resource group, type and name.

The grammar is ``/subscriptions/{id}[/resourceGroups/{name}][/providers/{namespace}/{type}/{name}[/{type}/{name}…]]``, in
any case; a nested resource has several type/name pairs and an extension resource a second ``providers`` part.
"""

from typing import NamedTuple

_ADVISOR = "/providers/microsoft.advisor/recommendations/"
_PROVIDERS = "providers"
_PROVIDERS_CHARS = len(_PROVIDERS)


class ResourceId(NamedTuple):
    """The parts of an id as given; ``""`` for those that it lacks."""

    subscription_id: str
    resource_group: str
    resource_type: str
    name: str


NOTHING = ResourceId("", "", "", "")


def resource_id_of(recommendation_id: str) -> str:
    """Return the id of the resource that a recommendation's own id hangs on; ``""`` if it hangs on none."""
    position = recommendation_id.lower().rfind(_ADVISOR)
    return recommendation_id[:position] if position > 0 else ""


def parse_resource_id(resource_id: str) -> ResourceId:
    """Take an id apart; :data:`NOTHING` for what does not follow the grammar."""
    parts = resource_id.strip("/").split("/")
    if len(parts) < 2 or parts[0].lower() != "subscriptions":
        return NOTHING
    subscription = parts[1]
    if len(parts) == 2:
        return ResourceId(subscription, "", "Microsoft.Subscriptions/subscriptions", subscription)
    group = parts[3] if len(parts) > 3 and parts[2].lower() == "resourcegroups" else ""
    if group and len(parts) == 4:
        return ResourceId(subscription, group, "Microsoft.Resources/resourceGroups", group)
    start = _last_providers(parts)
    if start is None:
        return ResourceId(subscription, group, "", "")
    named = parts[start + 2 :]
    if len(named) < 2 or len(named) % 2:
        return ResourceId(subscription, group, "", "")
    resource_type = "/".join([parts[start + 1], *named[0::2]])
    return ResourceId(subscription, group, resource_type, named[-1])


def _last_providers(parts: list[str]) -> int | None:
    """Return where the last ``providers`` after the subscription stands; few parts are looked at more than by length."""
    for at in range(len(parts) - 1, 1, -1):
        if len(parts[at]) == _PROVIDERS_CHARS and parts[at].lower() == _PROVIDERS:
            return at
    return None
