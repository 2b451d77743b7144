"""Metadata of recommendation types in several languages, as Resource Graph holds it."""

import uuid
from collections.abc import Iterator
from typing import Any

from tests.generators.advisor_json import type_id_of
from tests.generators.catalogue import COMMITMENT_TEXTS, ENTRIES, RESOURCES, Entry


def metadata_rows(language: str) -> Iterator[dict[str, Any]]:
    """Yield one row a recommendation type; texts of other languages than English are marked with the language."""
    entries = [*ENTRIES, *(Entry("Cost", "High", text, "subscription", "", 0) for text in COMMITMENT_TEXTS)]
    seen = set()
    for entry in entries:
        type_id = type_id_of(entry.text)
        if type_id not in seen:
            seen.add(type_id)
            yield _row(entry, type_id, language)


def _row(entry: Entry, type_id: str, language: str) -> dict[str, Any]:
    mark = "" if language == "en" else f"[{language}] "
    kind = RESOURCES[entry.resource]
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"{type_id}/{language}")
    properties: dict[str, Any] = {
        "recommendationTypeId": type_id.upper(),
        "displayName": f"{mark}{entry.text}",
        "label": f"{mark}{entry.text}",
        "recommendationCategory": "HighAvailability" if entry.category == "Reliability" else entry.category,
        "recommendationSubCategory": "",
        "recommendationImpact": entry.impact,
        "potentialBenefits": f"{mark}{entry.benefits}" if entry.benefits else "",
        "detailedDescription": f"{mark}About: {entry.text}",
        "learnMoreLink": f"https://learn.microsoft.com/azure/advisor/{type_id}",
        "supportedResourceType": kind.arm.lower(),
        "resourceMetadata": {"singular": f"{mark}{kind.friendly}", "plural": f"{mark}{kind.friendly}s"},
        "actions": [
            {"actionType": "Document", "caption": f"{mark}Learn more", "documentLink": "https://learn.microsoft.com/azure/"}
        ],
        "language": language,
    }
    if entry.retirement_date:
        properties["sourceProperties"] = {
            "serviceRetirement": {
                "retirementDate": entry.retirement_date,
                "retirementFeatureName": entry.retiring_feature,
            }
        }
    return {
        "id": f"/providers/Microsoft.Advisor/metadata/{name}",
        "name": str(name),
        "type": "microsoft.advisor/metadata",
        "subscriptionId": "",
        "properties": properties,
    }
