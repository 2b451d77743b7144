"""The queries of Resource Graph, in the Kusto query language.

Rules of the service that they keep: the table ``advisorresources`` holds several nouns, so the type is always named; pages
exist only where ``id`` is projected, and agree with one another only where the rows have an order; a query may join three
times at most, and other tables once. Hence suppressions and configurations are queries of their own, asked once for many
subscriptions, and not joins of every page.
"""

import re
from collections.abc import Sequence

from shared.advisor.vocabulary import Category
from shared.azure.filters import FetchFilter

# Names that stand in the text of all tags just as they are.
_PLAIN = re.compile(r"[A-Za-z0-9 ._:@+-]+")
# Advisor's word for the category that its portal calls Reliability.
_API_NAMES = {Category.RELIABILITY: "HighAvailability"}

SUBSCRIPTIONS = """
resourcecontainers
| where type =~ 'microsoft.resources/subscriptions'
| project id, subscriptionId, name
| order by id asc
"""

PUT_ASIDE = """
advisorresources
| where type in~ ('microsoft.advisor/suppressions', 'microsoft.advisor/configurations')
| project id, type, properties
| order by id asc
"""

SCORES = """
advisorresources
| where type =~ 'microsoft.advisor/advisorscore'
| project id, name, properties
| order by id asc
"""


def recommendations(wanted: FetchFilter) -> str:
    """Return the query of recommendations with tags and location of their resources, in the order of their ids.

    A wanted tag narrows it to resources that may have it; :meth:`~shared.azure.filters.TagFilter.holds` tells those that do.
    The language finds keys of a bag by their very letters only, and cannot tell a tag without a value from none.
    """
    return "\n".join(["advisorresources", *_conditions(wanted), *_resources(wanted), _PROJECTED])


def metadata(language: str) -> str:
    """Return the query of Microsoft's texts in one language."""
    return f"""
advisorresources
| where type =~ 'microsoft.advisor/metadata'
| where tostring(properties.language) =~ {literal(language)}
| project id, properties
| order by id asc
"""


def counts(named: Sequence[str] = (), *, without_groups: Sequence[tuple[str, str]] = ()) -> str:
    """Return the query that counts recommendations and adds their amounts: all, or those with the names ``named``.

    ``without_groups`` are subscription and resource group of those that are left out.
    """
    parts = ["advisorresources", "| where type =~ 'microsoft.advisor/recommendations'"]
    if named:
        parts.append(f"| where name in~ {_literals(named)}")
    for subscription_id, group in without_groups:
        inside = f"subscriptionId =~ {literal(subscription_id)} and resourceGroup =~ {literal(group)}"
        parts.append(f"| where not({inside})")
    parts.append(
        "| extend category = tostring(properties.category), impact = tostring(properties.impact),"
        " currency = tostring(properties.extendedProperties.savingsCurrency),"
        " amount = todouble(properties.extendedProperties.annualSavingsAmount)\n"
        "| summarize recommendations = count(), savings = sum(amount) by category, impact, currency"
    )
    return "\n".join(parts)


def literal(text: str) -> str:
    """Return ``text`` as a string of the language that means just this text; control characters are refused.

    https://learn.microsoft.com/kusto/query/scalar-data-types/string: within single quotes, a backslash and a single quote
    are written with a backslash before them, and a line may not end.
    """
    if any(ord(character) < 0x20 or character in "\x7f\x85\u2028\u2029" for character in text):
        raise ValueError("a query holds no control characters")
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _literals(values: Sequence[str]) -> str:
    return f"({', '.join(map(literal, values))})"


def _conditions(wanted: FetchFilter) -> list[str]:
    parts = ["| where type =~ 'microsoft.advisor/recommendations'"]
    if wanted.categories:
        names = [_API_NAMES.get(category, category.value) for category in wanted.categories]
        parts.append(f"| where tostring(properties.category) in~ {_literals(names)}")
    if wanted.impacts:
        parts.append(f"| where tostring(properties.impact) in~ {_literals([impact.value for impact in wanted.impacts])}")
    if wanted.resource_groups:
        parts.append(f"| where resourceGroup in~ {_literals(wanted.resource_groups)}")
    if wanted.resource_types:
        parts.append(f"| where tostring(properties.impactedField) in~ {_literals(wanted.resource_types)}")
    return parts


def _resources(wanted: FetchFilter) -> list[str]:
    kind, tagged = "leftouter", ""
    if wanted.tag is not None:
        kind = "inner"
        tagged = "    | where isnotempty(tags)\n"
        if _PLAIN.fullmatch(wanted.tag.name):
            tagged = f"    | where tostring(tags) contains {literal(wanted.tag.name)}\n"
    projected = "    | project resourceKey = tolower(id), resourceTags = tags, resourceLocation = location\n"
    return [
        "| extend resourceKey = tolower(tostring(properties.resourceMetadata.resourceId))",
        f"| join kind={kind} (\n    resources\n{tagged}{projected}) on resourceKey",
    ]


_PROJECTED = (
    "| project id, name, type, subscriptionId, resourceGroup, properties, tags = resourceTags, location = resourceLocation\n"
    "| order by id asc"
)
