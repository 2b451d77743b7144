"""The audit log and retention over HTTP."""

import csv
import io
from typing import Any
from uuid import UUID

import pytest
from httpx import Client

from shared.access import Scope
from shared.audit.actor import SERVICE
from shared.audit.log import Target, log_auth_event
from shared.audit.types import AuditType
from shared.services import Services
from tests.integration.api import results
from tests.integration.api.conftest import MakeKey
from tests.integration.api.serving import Served, caller
from tests.integration.api.test_reports import order

PATH = "/api/v1/audit-events"
RETENTION = "/api/v1/upkeep/retention"


def _items(api: Client, **wanted: Any) -> list[dict[str, Any]]:
    answer = api.get(PATH, params=wanted)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@pytest.fixture
def entries(services: Services, tenant: UUID) -> None:
    """Three entries, one with a name that a spreadsheet would run."""
    with services.database.tenant(tenant) as session:
        for name in ("A", "B", "=cmd|' /C calc'!A0"):
            log_auth_event(session, tenant, AuditType.CREDENTIAL_CHANGED, SERVICE, target=Target("connection", None, name))


def test_download_of_a_report_is_recorded_with_who_and_from_where(
    api: Client, client_id: str, services: Services, tenant: UUID
) -> None:
    report_id = order(api, client_id)["report"]["id"]
    path = f"/api/v1/reports/{report_id}/files/pdf/download"
    assert api.get(path).status_code == 409
    results.finish(services, tenant, UUID(report_id), b"%PDF")
    headers = {"X-Forwarded-For": "198.51.100.1, 203.0.113.7:4711", "User-Agent": "curl/8.5.0"}
    assert api.get(path, headers=headers, follow_redirects=False).status_code == 302
    (entry,) = _items(api, type="report.downloaded")
    assert (entry["actor_kind"], entry["actor_name"], entry["target_id"]) == ("key", "Test", report_id)
    assert (entry["details"], entry["device"]) == ({"format": "pdf"}, "curl/8.5.0")
    assert entry["ip"] != "198.51.100.1"
    assert api.delete(f"/api/v1/reports/{report_id}").status_code == 204
    assert [entry["type"] for entry in _items(api, target_id=report_id)] == [
        "report.deleted",
        "report.downloaded",
        "report.ordered",
    ]


def test_first_use_of_the_key_and_changes_of_schedules_are_recorded(api: Client, client_id: str) -> None:
    wanted = {
        "name": "Hourly",
        "when": {"kind": "interval", "every_s": 3600},
        "work": {"kind": "report", "client_ids": [client_id]},
    }
    schedule_id = api.post("/api/v1/schedules", json=wanted).json()["id"]
    api.post(f"/api/v1/schedules/{schedule_id}/pause")
    newest = _items(api)
    assert [entry["type"] for entry in newest] == [
        "schedule.changed",
        "schedule.changed",
        "client.changed",
        "key.first_used",
    ]
    assert [entry["details"] for entry in newest[:2]] == [{"action": "paused"}, {"action": "created"}]
    assert newest[0]["target_name"] == "Hourly"


def test_reading_a_connection_is_recorded(api: Client) -> None:
    given = {"name": "Ours", "kind": "managed_identity"}
    created = api.post("/api/v1/connections", json=given)
    assert created.status_code == 201, created.text
    api.get(f"/api/v1/connections/{created.json()['id']}")
    kinds = [entry["type"] for entry in _items(api, target_id=created.json()["id"])]
    assert kinds == ["credential.read", "credential.created"]


@pytest.mark.usefixtures("entries")
def test_entries_are_filtered_and_paged(api: Client) -> None:
    page = api.get(PATH, params={"limit": 2, "sort": "occurred_at", "type": "credential.changed"}).json()
    assert [item["target_name"] for item in page["items"]] == ["A", "B"]
    wanted = {"limit": 2, "sort": "occurred_at", "type": "credential.changed", "cursor": page["next_cursor"]}
    assert len(_items(api, **wanted)) == 1
    assert _items(api, result="failure") == []
    assert _items(api, since="2100-01-01T00:00:00Z") == []
    assert _items(api, ip="192.0.2.1") == []
    assert api.get(PATH, params={"type": "nonsense"}).status_code == 422


@pytest.mark.usefixtures("entries")
def test_export_is_safe_to_open_and_an_entry_itself(api: Client) -> None:
    answer = api.get(f"{PATH}/export", params={"sort": "occurred_at", "type": "credential.changed", "limit": 2})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["target_name"] for row in rows] == ["A", "B"]
    following = {"sort": "occurred_at", "type": "credential.changed", "cursor": answer.headers["X-Next-Cursor"]}
    rest = api.get(f"{PATH}/export", params=following)
    assert [row["target_name"] for row in csv.DictReader(io.StringIO(rest.content.decode("utf-8-sig")))] == [
        "'=cmd|' /C calc'!A0"
    ]
    assert "X-Next-Cursor" not in rest.headers
    as_json = api.get(f"{PATH}/export", params={"format": "json", "type": "credential.changed"})
    assert len(as_json.json()) == 3
    (newest, *_) = _items(api)
    assert (newest["type"], newest["details"]) == ("audit.exported", {"format": "json", "entries": 3})


@pytest.mark.usefixtures("entries")
def test_log_is_for_those_who_may_read_it_and_of_their_own_tenant(
    stranger: Client, served: Served, make_key: MakeKey, tenant: UUID
) -> None:
    assert _items(stranger) == []
    assert [entry["type"] for entry in _items(stranger)] == ["key.first_used"]
    assert caller(served, make_key(tenant, Scope.REPORTS_READ)).get(PATH).status_code == 403


def test_tenant_decides_how_long_it_keeps_what(api: Client) -> None:
    first = api.get(RETENTION)
    assert (first.json()["own"], first.json()["version"]) == ({}, 0)
    assert first.json()["effective"]["jobs_days"] == 90
    own = {"jobs_days": 7, "events_days": None, "audit_days_by_type": {"report.downloaded": 30}}
    assert api.put(RETENTION, json=own).status_code == 428
    changed = api.put(RETENTION, json=own, headers={"If-Match": first.headers["ETag"]})
    assert changed.status_code == 200, changed.text
    assert changed.json()["own"] == own
    assert changed.json()["effective"] == {**first.json()["effective"], **own}
    assert api.put(RETENTION, json=own, headers={"If-Match": first.headers["ETag"]}).status_code == 412
    assert api.put(RETENTION, json={}, headers={"If-Match": changed.headers["ETag"]}).json()["own"] == {}
    assert [entry["type"] for entry in _items(api, type="settings.changed")] == ["settings.changed"] * 2


@pytest.mark.parametrize("own", [{"jobs_days": 0}, {"jobs_day": 1}, {"audit_days_by_type": {"x": 1}}])
def test_rules_that_cannot_be_are_refused(api: Client, own: dict[str, Any]) -> None:
    assert api.put(RETENTION, json=own, headers={"If-Match": "*"}).status_code == 422


def test_upkeep_can_be_asked_for(api: Client) -> None:
    given: dict[str, Any] = {"json": {"dry_run": True}, "headers": {"Idempotency-Key": "once"}}
    accepted = api.post("/api/v1/upkeep/runs", **given)
    assert (accepted.status_code, accepted.json()["job"]["kind"]) == (202, "run_upkeep")
    assert api.post("/api/v1/upkeep/runs", **given).json() == accepted.json()
    assert api.get("/api/v1/upkeep/runs").json()["items"] == []
