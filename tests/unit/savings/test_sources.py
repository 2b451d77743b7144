"""The same offers save the same, whether they came from the API or from the portal, where the portal says enough."""

import csv
import io
import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.savings import count_savings
from tests.unit.advisor.reading import read

# Texts whose offers the portal shows in full: one row each, and nothing to choose between.
_TEXTS = {
    "Right-size or shutdown underutilized virtual machines": "e10b1381-5f0a-47ff-8c7b-37bd13d7c974",
    "Delete unattached disks": "48eda464-1485-4dcf-a674-d0905df5054a",
    "Consider virtual machine reserved instance to save over your on-demand costs": "84b1a508-fc21-49da-979e-96894f1665df",
    "Consider SQL PaaS DB reserved instance to save over your pay-as-you-go costs": "885cd4f5-dfa0-4d68-bbfd-00f89fc2b69c",
    "Purchasing a savings plan for compute could unlock lower prices": "89515250-1243-43d1-b4e7-f9437cedffd8",
}
_RESERVED = {"84b1": "virtualmachines", "885c": "sqldatabases"}
Given = tuple[str, str, str, int | None]
_AMOUNTS = st.none() | st.integers(0, 9_999)
ROWS = st.lists(
    st.tuples(st.sampled_from(list(_TEXTS)), st.sampled_from("12"), st.sampled_from("ab"), _AMOUNTS),
    unique_by=lambda row: (row[0], row[1], row[2] if _is_resource(row[0]) else ""), max_size=12,
)  # fmt: skip


def _is_resource(text: str) -> bool:
    return text.startswith(("Right", "Delete"))


def _subscription(number: str) -> str:
    return f"{number * 8}-0000-4000-8000-000000000000"


def as_json(rows: list[Given]) -> str:
    items: list[dict[str, Any]] = []
    for text, subscription, name, amount in rows:
        resource = f"/subscriptions/{_subscription(subscription)}"
        type_id = _TEXTS[text]
        extended = {} if amount is None else {"annualSavingsAmount": str(amount), "savingsCurrency": "USD"}
        if _is_resource(text):
            resource += f"/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/{name}"
        else:
            extended |= {"term": "P3Y", "lookbackPeriod": "30", "scope": "Single", "region": "westeurope", "sku": "D4"}
            if reserved := _RESERVED.get(type_id[:4]):
                extended["reservedResourceType"] = reserved
        items.append({
            "id": f"{resource}/providers/Microsoft.Advisor/recommendations/{len(items)}", "name": str(len(items)),
            "type": "Microsoft.Advisor/recommendations",
            "properties": {"category": "Cost", "impact": "High", "recommendationTypeId": type_id, "impactedValue": name,
                "shortDescription": {"problem": text, "solution": text}, "extendedProperties": extended,
                "resourceMetadata": {"resourceId": resource}},
        })  # fmt: skip
    return json.dumps({"value": items})


def as_csv(rows: list[Given]) -> str:
    header = ("Category", "Business Impact", "Recommendation", "Subscription ID", "Subscription Name", "Resource Group",
              "Resource Name", "Type", "Updated Date", "Potential benefits", "Potential Annual Cost Savings",
              "Potential Cost Savings Currency")  # fmt: skip
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(header)
    for text, subscription, name, amount in rows:
        where = (
            ("rg", name, "Virtual machine") if _is_resource(text) else ("No resource group", subscription, "Subscription")
        )
        money = ("", "") if amount is None else (f"{amount:,}", "USD")
        lines.writerow(("Cost", "High", text, _subscription(subscription), f"Sub {subscription}", *where, "", "", *money))
    return out.getvalue()


@given(rows=ROWS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_api_and_portal_save_the_same(tmp_path: Path, rows: list[Given]) -> None:
    if not rows:
        return
    api = count_savings(read(tmp_path, as_json(rows)).accepted)
    portal = count_savings(read(tmp_path, as_csv(rows)).accepted)
    assert [(line.currency, line.counted_amount, line.naive_amount) for line in api.by_currency] == [
        (line.currency, line.counted_amount, line.naive_amount) for line in portal.by_currency
    ]
    assert api.not_estimated_number == portal.not_estimated_number
