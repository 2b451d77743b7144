"""What of an estate is wanted: known words and names that Azure itself allows, and nothing that could change a query."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from shared.advisor.vocabulary import Category, Impact
from shared.errors import InvalidRequestError

MAX_VALUES = 100

_Guid = Annotated[
    str, msgspec.Meta(pattern=r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$")
]
# https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules: letters, digits, underscores,
# parentheses, hyphens and periods, in any script, at most 90.
_ResourceGroup = Annotated[str, msgspec.Meta(pattern=r"^[\w().-]{1,90}\Z")]
_ResourceType = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9.]{1,80}(/[A-Za-z0-9._-]{1,80}){1,8}\Z")]
# https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources: names to 512, values to 256 characters.
_TagName = Annotated[str, msgspec.Meta(min_length=1, max_length=512, pattern=r"^[^<>%&\\?/\x00-\x1f]+\Z")]
_TagValue = Annotated[str, msgspec.Meta(max_length=256, pattern=r"^[^\x00-\x1f]*\Z")]
_UNORDERED = ("categories", "impacts", "resource_groups", "resource_types")
_Some = msgspec.Meta(max_length=MAX_VALUES)


class FilterInvalidError(InvalidRequestError):
    """A filter names what cannot exist in Azure, or a word that Advisor does not know."""

    code = "filter_invalid"


class TagFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Resources that have a tag; with ``values`` one of these. Azure compares names without case and values with it."""

    name: _TagName
    values: Annotated[tuple[_TagValue, ...], _Some] = ()

    def holds(self, tags: Mapping[str, Any] | None) -> bool:
        """Return whether a resource with ``tags`` is meant."""
        name = self.name.lower()
        return any(
            given.lower() == name and (not self.values or str(value) in self.values) for given, value in (tags or {}).items()
        )


class FetchFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which recommendations are fetched; empty wants all. What several fields say must hold together."""

    categories: Annotated[tuple[Category, ...], _Some] = ()
    impacts: Annotated[tuple[Impact, ...], _Some] = ()
    subscription_ids: Annotated[tuple[_Guid, ...], msgspec.Meta(max_length=10_000)] = ()
    resource_groups: Annotated[tuple[_ResourceGroup, ...], _Some] = ()
    resource_types: Annotated[tuple[_ResourceType, ...], _Some] = ()
    tag: TagFilter | None = None

    def stored(self) -> dict[str, Any]:
        """Return the filter in JSON's own types, without what it does not say."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found


def filter_of(given: Any) -> FetchFilter:
    """Return a filter from JSON's own types, its values once and in order, so that equal filters read the same.

    Raises :class:`FilterInvalidError`.
    """
    try:
        wanted = msgspec.convert(given, FetchFilter)
    except msgspec.ValidationError as error:
        where = re.search(r"`\$\.?([^`]*)`", str(error))
        field = where[1] if where else "filters"
        raise FilterInvalidError(
            f"The filter {field} is not valid: {str(error).partition(' - at ')[0]}.",
            next_step="Use Advisor's words for categories and impacts, and names as Azure allows them (docs/live-fetch.md).",
        ) from error
    if Category.OTHER in wanted.categories or Impact.OTHER in wanted.impacts:
        raise FilterInvalidError(
            "Recommendations cannot be filtered by Other: it stands for words that are not known.",
            next_step="Leave the filter out, or name categories and impacts of Advisor.",
        )
    tag = wanted.tag and msgspec.structs.replace(wanted.tag, values=_tidy(wanted.tag.values))
    return msgspec.structs.replace(wanted, tag=tag, **{name: _tidy(getattr(wanted, name)) for name in _UNORDERED})


def _tidy(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))
