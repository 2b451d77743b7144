"""A finding keeps its fingerprint; these constants must never change, or every history breaks."""

from shared.advisor.fingerprint import api_fingerprint, csv_fingerprint

API = {
    "type_id": "84b1a508-fc21-49da-979e-96894f1665df",
    "resource_id": "/subscriptions/6F4376F1-b28b-58e0-9e32-91b14077ad71",
    "term": "P3Y",
    "sku": "Standard_D4s_v5",
    "region": "eastus2",
    "scope": "Single",
}
CSV = {
    "category": "Cost",
    "text": "Right-size or shutdown underutilized virtual machines",
    "subscription_id": "6f4376f1-b28b-58e0-9e32-91b14077ad71",
    "resource_group": "rg-shop",
    "resource_name": "vm-shop-01",
    "resource_type": "Virtual machine",
}


def test_an_api_finding_has_this_fingerprint() -> None:
    assert api_fingerprint(**API, lookback_days=30).hex() == "2904c886cf6dce11ac2d05df31d7f8c8"


def test_a_portal_finding_has_this_fingerprint() -> None:
    assert csv_fingerprint(**CSV).hex() == "01da300cb682e2c7350fd1314e83020d"


def test_case_does_not_change_a_fingerprint() -> None:
    shouted = {name: value.upper() for name, value in API.items()}
    assert api_fingerprint(**shouted, lookback_days=30) == api_fingerprint(**API, lookback_days=30)
    assert csv_fingerprint(**{name: value.upper() for name, value in CSV.items()}) == csv_fingerprint(**CSV)


def test_each_part_changes_a_fingerprint() -> None:
    seen = {api_fingerprint(**API, lookback_days=30), api_fingerprint(**API, lookback_days=None), csv_fingerprint(**CSV)}
    seen |= {api_fingerprint(**{**API, name: "x"}, lookback_days=30) for name in API}
    seen |= {csv_fingerprint(**{**CSV, name: "x"}) for name in CSV}
    assert len(seen) == 3 + len(API) + len(CSV)
