"""Whoever looks at credentials, or has many checked, sees all of one's own tenant and nothing of another's."""

from typing import Any

import httpx
import pytest

from tests.integration.credential_health.conftest import HEALTH, Ground
from worker.jobs import check_credential_health_manual

_PATH = "/api/v1/credentials"


def test_tenants_see_nothing_of_one_another(ground: Ground, neighbour: Ground) -> None:
    own, connection, theirs = ground.credential(), ground.connection(), neighbour.credential()
    ground.check()
    neighbour.check()
    assert {item["id"] for item in ground.api.get(HEALTH).json()["items"]} == {own, connection}
    assert [item["id"] for item in ground.api.get(_PATH).json()["items"]] == [own]
    strange: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", f"{_PATH}/{theirs}", {}),
        ("PATCH", f"{_PATH}/{theirs}", {"name": "Mine"}),
        ("DELETE", f"{_PATH}/{theirs}", {}),
        ("GET", f"{HEALTH}/{theirs}", {}),
        ("GET", f"{HEALTH}/{theirs}/checks", {}),
        ("POST", f"{HEALTH}/{theirs}/checks", {}),
        ("PATCH", f"{HEALTH}/{theirs}", {"alert_after": 1}),
    ]
    for method, path, body in strange:
        answer = ground.api.request(method, path, json=body or None, headers={"If-Match": "*"})
        assert (answer.status_code, answer.json()["code"]) == (404, "credential_not_found"), path
    wanted = {"provider": "http", "credential_type": "bearer"}
    checked = ground.result(ground.api.post(f"{HEALTH}/checks", json=wanted))["checks"]
    assert [check["credential_id"] for check in checked] == [own]
    assert neighbour.checks_made() == 1


def test_lists_are_read_page_by_page(ground: Ground) -> None:
    names = [f"Partner {number}" for number in range(5)]
    for name in names:
        ground.credential(name)
    for sort in ("name", "-name", "created_at", "-created_at", "expires_at"):
        found = _all_pages(ground.api, HEALTH, sort)
        assert sorted(item["name"] for item in found) == names
    assert [item["name"] for item in _all_pages(ground.api, _PATH, "-name")] == names[::-1]


def test_whoever_asks_again_for_all_of_a_type_comes_to_those_that_were_left(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_credential_health_manual, "_MOST", 1)
    made = {ground.credential(f"Partner {number}") for number in range(3)}
    wanted = {"provider": "http", "credential_type": "bearer"}
    results = [ground.result(ground.api.post(f"{HEALTH}/checks", json=wanted)) for _ in made]
    assert [result["left"] for result in results] == [2, 2, 2]
    assert {check["credential_id"] for result in results for check in result["checks"]} == made


def test_a_schedule_checks_all_credentials(ground: Ground) -> None:
    credential, connection = ground.credential(), ground.connection()
    ground.check()
    given = {
        "name": "Checks",
        "when": {"kind": "cron", "expression": "0 5 * * *"},
        "time_zone": "UTC",
        "work": {"kind": "credential_check"},
    }
    made = ground.api.post("/api/v1/schedules", json=given)
    assert made.status_code == 201, made.text
    run = ground.api.post(f"/api/v1/schedules/{made.json()['id']}/run")
    assert run.status_code == 202, run.text
    ground.work()
    for each in (credential, connection):
        assert len(ground.history(each)) == 2


def _all_pages(api: httpx.Client, path: str, sort: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = api.get(path, params={"limit": 2, "sort": sort, **({"cursor": cursor} if cursor else {})})
        assert page.status_code == 200, page.text
        found += page.json()["items"]
        if (cursor := page.json()["next_cursor"]) is None:
            return found
