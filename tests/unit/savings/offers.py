"""Recommendations with an amount, as short as tests want to write them."""

from decimal import Decimal
from typing import Any

from shared.advisor.fingerprint import api_fingerprint
from shared.advisor.recommendation import Recommendation
from shared.advisor.vocabulary import Category, Impact

VM = "84b1a508-fc21-49da-979e-96894f1665df"
APP_SERVICE = "5b8ddf04-be28-44ec-ab2c-a63a34d1de13"
PLAN = "89515250-1243-43d1-b4e7-f9437cedffd8"
RESIZE = "e10b1381-5f0a-47ff-8c7b-37bd13d7c974"
_TYPES = {"virtualmachines": VM, "AppService": APP_SERVICE}


def finding(amount: int | str | None = None, *, name: str = "disk", **fields: Any) -> Recommendation:
    base = {
        "category": Category.COST, "category_as_given": "Cost", "impact": Impact.HIGH, "impact_as_given": "High",
        "problem": "Delete it", "currency": "" if amount is None else "USD", "resource_name": name, "subscription_id": "s1",
        "annual_savings": None if amount is None else Decimal(amount), **fields,
    }  # fmt: skip
    fingerprint = api_fingerprint(
        type_id=base.get("recommendation_type_id") or base["problem"], resource_id=f"{base['subscription_id']}/{name}",
        term=base.get("term", ""), lookback_days=base.get("lookback_days"), sku=base.get("sku", ""),
        region=base.get("region", ""), scope=base.get("scope", ""),
    )  # fmt: skip
    return Recommendation(**{"fingerprint": fingerprint, **base})


def reservation(amount: int | str, *, product: str = "virtualmachines", **fields: Any) -> Recommendation:
    fields = {
        "region": "eastus", "sku": "D4", "term": "P3Y", "lookback_days": 30, "scope": "Single",
        "extras": {"reservedResourceType": product}, "recommendation_type_id": _TYPES.get(product, product), **fields,
    }  # fmt: skip
    return finding(amount, **fields)


def plan(amount: int | str, **fields: Any) -> Recommendation:
    fields = {
        "recommendation_type_id": PLAN, "sku": "Compute_Savings_Plan", "term": "P3Y", "lookback_days": 30,
        "scope": "Single", **fields,
    }  # fmt: skip
    return finding(amount, **fields)


def resizing(
    amount: int | str, *, name: str = "vm", size: str = "D4", region: str = "useast", **fields: Any
) -> Recommendation:
    fields = {"recommendation_type_id": RESIZE, "extras": {"currentSku": size, "regionId": region}, **fields}
    return finding(amount, name=name, **fields)
