"""JSON exports of any size in the four shapes of the API.

``python -m tests.generators.advisor_json --rows 1000 --shape cli --out advisor.json [--seed 1]``
"""

import argparse
import json
import random
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from tests.generators.catalogue import (
    APP_SERVICE_RESERVATION_TEXT,
    RESOURCES,
    SAVINGS_PLAN_TEXT,
    SQL_RESERVATION_TEXT,
    VM_RESERVATION_TEXT,
)
from tests.generators.estate import Estate, Finding

SHAPES = ("cli", "rest", "resource_graph", "sdk")
_TYPE_IDS = {
    SAVINGS_PLAN_TEXT: "89515250-1243-43d1-b4e7-f9437cedffd8",
    VM_RESERVATION_TEXT: "84b1a508-fc21-49da-979e-96894f1665df",
    APP_SERVICE_RESERVATION_TEXT: "5b8ddf04-be28-44ec-ab2c-a63a34d1de13",
    "Right-size or shutdown underutilized virtual machines": "e10b1381-5f0a-47ff-8c7b-37bd13d7c974",
}
_RESERVED = {
    VM_RESERVATION_TEXT: ("virtualmachines", ("Standard_D4s_v5", "Standard_E8s_v5", "Standard_B2ms")),
    APP_SERVICE_RESERVATION_TEXT: ("AppService", ("Azure_App_Service_Premium_v3_Plan_Linux_P1_v3",)),
    SQL_RESERVATION_TEXT: ("sqldatabases", ("SQL_DB_GP_Gen5_vCore",)),
}
_CATEGORIES = {"Reliability": "HighAvailability"}
_SNAKE = {
    "impactedField": "impacted_field", "impactedValue": "impacted_value", "lastUpdated": "last_updated",
    "recommendationTypeId": "recommendation_type_id", "shortDescription": "short_description",
    "extendedProperties": "extended_properties", "resourceMetadata": "resource_metadata",
}  # fmt: skip


def items(estate: Estate, shape: str, currency: str = "USD") -> Iterator[dict[str, Any]]:
    """Yield ``estate.rows`` items in a shape; each commitment is a family of terms, look-backs and SKUs, as in the API."""
    left = estate.rows
    rng = random.Random(estate.seed)
    for finding in estate.findings():
        for item in rest_family(finding, rng, currency):
            if left == 0:
                return
            left -= 1
            yield _SHAPERS[shape](item, finding)


def write_json(out: TextIO, estate: Estate, *, shape: str, currency: str = "USD", next_link: str = "") -> None:
    """Write an export item by item in the container that the shape has."""
    opening = {"rest": '{"value":[', "resource_graph": f'{{"totalRecords":{estate.rows},"data":['}
    out.write(opening.get(shape, "["))
    for number, item in enumerate(items(estate, shape, currency)):
        out.write(",\n" if number else "\n")
        out.write(json.dumps(item, ensure_ascii=False))
    if shape == "rest":
        out.write("\n]" + (f',"nextLink":{json.dumps(next_link)}' if next_link else "") + "}")
    else:
        out.write('\n],"facets":[],"resultTruncated":"false"}' if shape == "resource_graph" else "\n]")


def save_json(path: Path, estate: Estate, *, shape: str, currency: str = "USD") -> Path:
    """Write an export to ``path`` and return the path."""
    with path.open("w", encoding="utf-8", newline="") as out:
        write_json(out, estate, shape=shape, currency=currency)
    return path


def type_id_of(text: str) -> str:
    """Return the recommendation type id that goes with a text."""
    return _TYPE_IDS.get(text) or str(uuid.uuid5(uuid.NAMESPACE_URL, text))


def rest_family(finding: Finding, rng: random.Random, currency: str) -> Iterator[dict[str, Any]]:
    """Yield the REST items of one finding: one, or for a commitment one per SKU, term and look-back."""
    text = finding.entry.text
    if text == SAVINGS_PLAN_TEXT:
        for term, factor in (("P3Y", 1.0), ("P1Y", 0.55)):
            yield _item(finding, {"sku": "Compute_Savings_Plan", "scope": "Single", "commitment": "0.097",
                "term": term, "lookbackPeriod": "30", **_money(finding, factor, currency)})  # fmt: skip
    elif text in _RESERVED:
        reserved_type, skus = _RESERVED[text]
        for sku in skus:
            for term, factor in (("P1Y", 0.6), ("P3Y", 1.0)):
                for lookback in ("7", "30", "60"):
                    share = factor * rng.uniform(0.85, 1.0) / len(skus)
                    yield _item(finding, {"reservedResourceType": reserved_type, "sku": sku, "displaySKU": sku,
                        "region": "westeurope", "scope": "Single", "term": term, "lookbackPeriod": lookback, "qty": "1",
                        **_money(finding, share, currency)})  # fmt: skip
    else:
        entry = finding.entry
        extended = {} if finding.annual_savings is None else _money(finding, 1.0, currency)
        if entry.retirement_date:
            extended |= {"retirementDate": entry.retirement_date, "retirementFeatureName": entry.retiring_feature}
        extended["maturityLevel"] = "GA"
        yield _item(finding, extended)


def _money(finding: Finding, factor: float, currency: str) -> dict[str, str]:
    annual = round((finding.annual_savings or 0) * factor)
    return {"annualSavingsAmount": str(annual), "savingsAmount": str(annual // 12), "savingsCurrency": currency}


def _item(finding: Finding, extended: dict[str, str]) -> dict[str, Any]:
    entry, subscription = finding.entry, finding.subscription
    resource_id, name = f"/subscriptions/{subscription.id}", subscription.id
    if finding.resource_group:
        kind = RESOURCES[entry.resource].arm
        name = finding.resource_name
        path = f"Microsoft.Sql/servers/sql-contoso/databases/{name}" if entry.resource == "sqldb" else f"{kind}/{name}"
        resource_id += f"/resourceGroups/{finding.resource_group}/providers/{path}"
    else:
        extended = {"subId": subscription.id, **extended}
    guid = uuid.uuid5(uuid.NAMESPACE_URL, f"{resource_id}/{entry.text}/{sorted(extended.items())}")
    return {
        "properties": {
            "category": _CATEGORIES.get(entry.category, entry.category),
            "impact": entry.impact,
            "impactedField": RESOURCES[entry.resource].arm,
            "impactedValue": name,
            "lastUpdated": finding.updated,
            "recommendationTypeId": type_id_of(entry.text),
            "shortDescription": {"problem": entry.text, "solution": entry.text},
            "extendedProperties": extended,
            "resourceMetadata": {"resourceId": resource_id},
        },
        "id": f"{resource_id}/providers/Microsoft.Advisor/recommendations/{guid}",
        "type": "Microsoft.Advisor/recommendations",
        "name": str(guid),
    }


def _as_cli(item: dict[str, Any], finding: Finding) -> dict[str, Any]:
    properties = dict(item["properties"])
    properties["lastUpdated"] = properties["lastUpdated"][:-2] + "+00:00"
    properties["resourceMetadata"] = {**properties["resourceMetadata"], "source": None}
    group = {"resourceGroup": finding.resource_group} if finding.resource_group else {}
    top = {name: item[name] for name in ("id", "name", "type")}
    return {**properties, **top, **group, "metadata": None, "risk": None, "suppressionIds": None}


def _as_sdk(item: dict[str, Any], _finding: Finding) -> dict[str, Any]:
    properties = {_SNAKE.get(name, name): value for name, value in item["properties"].items()}
    properties["resource_metadata"] = {"resource_id": properties["resource_metadata"]["resourceId"]}
    return {**{name: item[name] for name in ("id", "name", "type")}, **properties}


def _as_graph(item: dict[str, Any], finding: Finding) -> dict[str, Any]:
    return {
        **item,
        "type": "microsoft.advisor/recommendations",
        "tenantId": "00000000-0000-0000-0000-000000000000",
        "kind": "",
        "location": "",
        "subscriptionId": finding.subscription.id,
        "resourceGroup": finding.resource_group.lower(),
    }


_SHAPERS = {"cli": _as_cli, "rest": lambda item, _finding: item, "resource_graph": _as_graph, "sdk": _as_sdk}


def main() -> None:
    """Write the export that the command line asks for."""
    parser = argparse.ArgumentParser(description="Write made-up JSON of Azure Advisor.")
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--shape", choices=SHAPES, default="cli")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--currency", default="USD")
    wanted = parser.parse_args()
    save_json(wanted.out, Estate(wanted.rows, wanted.seed), shape=wanted.shape, currency=wanted.currency)


if __name__ == "__main__":
    main()
