"""Advisor's metadata as its REST API serves it: what the parts of a recommendation may be, the type above all.

learn.microsoft.com: "Recommendation Metadata - List" and "- Get"; the same types as Resource Graph has in English.
"""

import re
from typing import Any

from tests.generators.advisor_metadata import metadata_rows
from tests.simulators.answers import Answer, error_answer, json_answer

PATH = re.compile(r"/providers/microsoft\.advisor/metadata(?:/([^/]+))?", re.IGNORECASE)
_CLAUSE = re.compile(
    r"\s*(recommendationCategory|recommendationSubCategory|retirementDate)\s+(eq|le|ge)\s+'([^']*)'\s*", re.IGNORECASE
)
_CATEGORIES = ("Cost", "Performance", "HighAvailability", "Security", "OperationalExcellence")
_ON_WHICH_A_TYPE_DEPENDS = ("recommendationCategory", "recommendationImpact", "supportedResourceType")
_ONLY_EXPANDED = ("learnMoreLink", "resourceMetadata", "sourceProperties")


def answer(name: str | None, query: dict[str, str]) -> Answer:
    """Answer a list (``name`` is ``None``) or one of its entities."""
    try:
        found = _entities(query.get("$filter", ""), is_expanded=query.get("$expand", "").lower() == "ibiza")
    except ValueError as error:
        return error_answer(400, "InvalidFilter", str(error))
    if name is None:
        return json_answer({"value": found})
    one = next((each for each in found if each["name"].lower() == name.lower()), None)
    return error_answer(404, "NotFound", "There is no such metadata.") if one is None else json_answer(one)


def _entities(wanted: str, *, is_expanded: bool) -> list[dict[str, Any]]:
    rows = [row["properties"] for row in metadata_rows("en")]
    kinds = {row["supportedResourceType"]: row["resourceMetadata"]["singular"] for row in rows}
    types = [_type(row, is_expanded=is_expanded) for row in rows if _is_wanted(row, wanted)]
    return [
        _entity("recommendationType", "Recommendation Type", types, depends_on=_ON_WHICH_A_TYPE_DEPENDS),
        _entity("recommendationCategory", "Category", [_value(one, _spaced(one)) for one in _CATEGORIES]),
        _entity("recommendationImpact", "Impact", [_value(one, one) for one in ("High", "Medium", "Low")]),
        _entity(
            "supportedResourceType", "Supported Resource Type", [_value(*one) for one in kinds.items()], is_for_alerts=False
        ),
        _entity("level", "Level", [_value("Informational", "Informational")]),
        _entity("status", "Status", [_value("Active", "Active")]),
        _entity("caller", "Initiated By", [_value("Microsoft.Advisor", "Microsoft.Advisor")]),
    ]


def _entity(
    name: str, title: str, values: list[dict[str, Any]], *, depends_on: tuple[str, ...] = (), is_for_alerts: bool = True
) -> dict[str, Any]:
    properties: dict[str, Any] = {"displayName": title, "supportedValues": values}
    if depends_on:
        properties["dependsOn"] = list(depends_on)
    if is_for_alerts:
        properties["applicableScenarios"] = ["Alerts"]
    path = f"/providers/Microsoft.Advisor/metadata/{name}"
    return {"id": path, "type": "Microsoft.Advisor/metadata", "name": name, "properties": properties}


def _type(row: dict[str, Any], *, is_expanded: bool) -> dict[str, Any]:
    named = {name: row[name] for name in _ON_WHICH_A_TYPE_DEPENDS}
    more = {name: row[name] for name in _ONLY_EXPANDED if name in row} if is_expanded else {}
    properties = [{"name": name, "value": value} for name, value in named.items()]
    return {**named, **_value(row["recommendationTypeId"].lower(), row["displayName"]), "properties": properties, **more}


def _value(value_id: str, title: str) -> dict[str, Any]:
    return {"id": value_id, "displayName": title}


def _is_wanted(row: dict[str, Any], wanted: str) -> bool:
    retired = row.get("sourceProperties", {}).get("serviceRetirement", {}).get("retirementDate", "")
    seen = {
        "recommendationcategory": row["recommendationCategory"],
        "recommendationsubcategory": row["recommendationSubCategory"],
        "retirementdate": retired[:10],
    }
    for clause in re.split(r"\sand\s", wanted, flags=re.IGNORECASE) if wanted else ():
        match = _CLAUSE.fullmatch(clause)
        if match is None:
            raise ValueError(f"The filter {clause!r} is not supported.")
        value, operator, bound = seen[match[1].lower()], match[2].lower(), match[3]
        if not value or not {"eq": value == bound, "le": value <= bound, "ge": value >= bound}[operator]:
            return False
    return True


def _spaced(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
