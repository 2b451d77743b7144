"""Schedules over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx import Client, Response
from sqlalchemy import func, update

from shared.access import Scope
from shared.database.session import Database
from shared.database.tables import Schedule
from shared.services import Services
from tests.integration.api.conftest import MakeKey
from tests.integration.api.serving import Served, caller

PATH = "/api/v1/schedules"
_ALL = {"kind": "report", "all_clients": True}
_JOB = {"kind": "job", "job_kind": "test_azure_connection"}
_NOBODYS = "11111111-1111-4111-8111-111111111111"


def _wanted(client_id: str, **fields: Any) -> dict[str, Any]:
    return {
        "name": "Monday reports",
        "when": {"kind": "cron", "expression": "0 7 * * MON"},
        "time_zone": "Europe/Berlin",
        "work": {"kind": "report", "client_ids": [client_id], "formats": ["pdf", "xlsx"]},
        **fields,
    }


@pytest.fixture
def schedule(api: Client, client_id: str) -> dict[str, Any]:
    """A schedule of the test's tenant."""
    return _created(api.post(PATH, json=_wanted(client_id)))


def _created(answer: Response) -> dict[str, Any]:
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def _fields(answer: Response) -> list[str]:
    return [error["field"] for error in answer.json()["errors"]]


def test_created_schedule_shows_its_next_ten_runs(api: Client, client_id: str) -> None:
    made = _created(api.post(PATH, json=_wanted(client_id)))
    assert (made["status"], made["version"], made["problems"], made["last_run"]) == ("active", 1, [], None)
    assert len(made["upcoming"]) == 10
    first = datetime.fromisoformat(made["upcoming"][0]["local"])
    assert (first.weekday(), first.hour) == (0, 7)
    assert made["upcoming"][0]["at"] == datetime.fromisoformat(made["next_run_at"]).isoformat()
    read = api.get(f"{PATH}/{made['id']}")
    assert read.json() == made
    assert read.headers["ETag"] == '"1"'


def test_create_may_be_repeated(api: Client, client_id: str) -> None:
    given = {"json": _wanted(client_id), "headers": {"Idempotency-Key": "monday"}}
    first, again = api.post(PATH, **given), api.post(PATH, **given)  # type: ignore[arg-type]
    assert first.json() == again.json()
    assert len(api.get(PATH).json()["items"]) == 1


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"when": {"kind": "cron", "expression": "61 * * * *"}}, "cron_expression_invalid"),
        ({"time_zone": "Mars/Olympus"}, "time_zone_unknown"),
        ({"time_zone": "../../etc/passwd"}, "time_zone_unknown"),
        ({"when": {"kind": "once", "at": "2020-01-01T00:00:00Z"}}, "timing_invalid"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, "timing_invalid"),
        ({"when": {"kind": "interval", "every_s": 60}, "jitter_s": 60}, "timing_invalid"),
        ({"work": {"kind": "report"}}, "schedule_work_invalid"),
        ({"work": {"kind": "report", "client_ids": [_NOBODYS]}}, "schedule_work_invalid"),
        ({"work": {"kind": "job", "job_kind": "process_csv_file"}}, "job_kind_unknown"),
        ({"work": {**_ALL, "source": "live", "live": {"selection": {"mode": "tag"}}}}, "selection_invalid"),
        ({"work": {**_ALL, "live": {}}}, "schedule_work_invalid"),
        ({"work": {"kind": "statistics_sync", "connection_id": _NOBODYS}}, "schedule_work_invalid"),
        ({"work": {**_JOB, "arguments": {}}}, "schedule_work_invalid"),
        ({"work": {**_JOB, "arguments": {"connection_id": _NOBODYS, "force": True}}}, "schedule_work_invalid"),
        ({"work": {**_JOB, "arguments": {"connection_id": _NOBODYS}}}, "schedule_work_invalid"),
    ],
)  # fmt: skip
def test_schedule_that_cannot_be_is_refused_in_words(api: Client, client_id: str, fields: dict[str, Any], code: str) -> None:
    answer = api.post(PATH, json=_wanted(client_id, **fields))
    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text
    assert answer.json()["next_step"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"when": {"kind": "never"}}, "when"),
        ({"when": {"kind": "interval", "every_s": 59}}, "when.interval.every_s"),
        ({"starts_at": "2026-01-01T00:00:00"}, "starts_at"),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, "starts_at"),
        ({"ends_at": "9999-12-31T23:59:59-12:00"}, "ends_at"),
        ({"misfire_cap": 1000}, "misfire_cap"),
        ({"overlap_policy": "maybe"}, "overlap_policy"),
        ({"work": {"kind": "report", "all_clients": True, "formats": []}}, "work.report.formats"),
        ({"nmae": "x"}, "nmae"),
    ],
)
def test_fields_that_are_not_valid_are_named(api: Client, client_id: str, fields: dict[str, Any], field: str) -> None:
    answer = api.post(PATH, json=_wanted(client_id, **fields))
    assert answer.status_code == 422
    assert _fields(answer) == [field]


def test_preview_tells_what_changes_of_clocks_mean(api: Client) -> None:
    wanted = {"when": {"kind": "cron", "expression": "30 2 * * *"}, "time_zone": "America/New_York"}
    answer = api.post(f"{PATH}/preview", json={**wanted, "after": "2027-03-13T12:00:00Z"})
    runs = answer.json()["upcoming"]
    assert [run["local"] for run in runs[:2]] == ["2027-03-14T03:00:00-04:00", "2027-03-15T02:30:00-04:00"]
    assert "skipped on this day" in runs[0]["note"]
    assert runs[1]["note"] is None
    assert len(runs) == 10
    assert api.get(PATH).json()["items"] == []
    far = api.post(f"{PATH}/preview", json={**wanted, "after": "9999-12-31T23:59:59Z"})
    assert (far.status_code, far.json()["errors"][0]["field"]) == (422, "after")


def test_change_plans_anew_and_is_kept(api: Client, schedule: dict[str, Any]) -> None:
    path = f"{PATH}/{schedule['id']}"
    change = {"when": {"kind": "interval", "every_s": 3600}, "misfire_policy": "skip"}
    assert api.patch(path, json=change).status_code == 428
    changed = api.patch(path, json=change, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"'), changed.text
    assert api.patch(path, json=change, headers={"If-Match": '"1"'}).status_code == 412
    next_run_at = datetime.fromisoformat(changed.json()["next_run_at"])
    assert next_run_at <= datetime.now(UTC) + timedelta(hours=1)
    assert (changed.json()["name"], changed.json()["misfire_cap"]) == ("Monday reports", 10)
    newest, first = api.get(f"{path}/changes").json()["items"]
    assert (newest["action"], first["action"], newest["actor_name"]) == ("changed", "created", "Test")
    assert newest["before"]["when"] == {"kind": "cron", "expression": "0 7 * * MON"}
    assert newest["after"]["when"] == {"kind": "interval", "every_s": 3600}


def test_paused_schedule_resumes_from_now_without_a_burst(api: Client, client_id: str, system_database: Database) -> None:
    made = _created(api.post(PATH, json=_wanted(client_id, when={"kind": "interval", "every_s": 60})))
    path = f"{PATH}/{made['id']}"
    paused = api.post(f"{path}/pause").json()
    assert (paused["status"], paused["next_run_at"]) == ("paused", None)
    assert api.post(f"{path}/pause").json()["version"] == paused["version"]
    with system_database.across_tenants() as session:
        session.execute(update(Schedule).values(starts_at=func.now() - timedelta(days=1)))
    resumed = api.post(f"{path}/resume").json()
    assert resumed["status"] == "active"
    assert datetime.fromisoformat(resumed["next_run_at"]) > datetime.now(UTC)
    actions = [change["action"] for change in api.get(f"{path}/changes").json()["items"]]
    assert actions == ["resumed", "paused", "created"]


def test_run_now_respects_the_overlap_policy(api: Client, schedule: dict[str, Any]) -> None:
    path = f"{PATH}/{schedule['id']}"
    run = api.post(f"{path}/run")
    assert (run.status_code, run.json()["trigger"], run.json()["state"]) == (202, "manual", "started")
    job = api.get(f"/api/v1/jobs/{run.json()['job_id']}").json()
    assert (job["kind"], job["state"]) == ("order_scheduled_reports", "queued")
    refused = api.post(f"{path}/run")
    assert (refused.status_code, refused.json()["code"]) == (409, "run_in_progress")
    api.patch(path, json={"overlap_policy": "queue"}, headers={"If-Match": "*"})
    assert api.post(f"{path}/run").json()["state"] == "waiting"
    assert [item["state"] for item in api.get(f"{path}/runs").json()["items"]] == ["waiting", "started"]
    assert len(api.get(f"{path}/runs", params={"state": "started"}).json()["items"]) == 1
    assert api.get(path).json()["last_run"]["state"] == "waiting"


def test_copy_is_paused(api: Client, schedule: dict[str, Any]) -> None:
    copy = _created(api.post(f"{PATH}/{schedule['id']}/duplicate", json={}))
    assert (copy["name"], copy["status"], copy["work"]) == ("Copy of Monday reports", "paused", schedule["work"])


def test_schedule_of_a_client_that_is_gone_says_so(api: Client, schedule: dict[str, Any], client_id: str) -> None:
    assert [item["id"] for item in api.get(PATH, params={"client_id": client_id}).json()["items"]] == [schedule["id"]]
    api.delete(f"/api/v1/clients/{client_id}")
    (problem,) = api.get(f"{PATH}/{schedule['id']}").json()["problems"]
    assert (problem["code"], client_id in problem["message"]) == ("client_gone", True)
    assert api.get(PATH).json()["items"][0]["problems"] == [problem]


def test_deleted_schedule_runs_no_more(api: Client, schedule: dict[str, Any], services: Services) -> None:
    path = f"{PATH}/{schedule['id']}"
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == api.post(f"{path}/run").status_code == 404
    assert api.delete(path).status_code == 404
    with services.system_database.across_tenants() as session:
        assert session.get_one(Schedule, schedule["id"]).next_run_at is None


def test_lists_are_filtered_ordered_and_paged(api: Client, client_id: str) -> None:
    for name, hour in (("C", 3), ("A", 1), ("B", 2)):
        when = {"kind": "cron", "expression": f"0 {hour} 1 1 *"}
        _created(api.post(PATH, json=_wanted(client_id, name=name, when=when, time_zone="UTC", enabled=name != "B")))
    names = [item["name"] for item in api.get(PATH, params={"limit": 2}).json()["items"]]
    assert names == ["A", "B"]
    page = api.get(PATH, params={"limit": 2, "sort": "next_run_at"}).json()
    assert [item["name"] for item in page["items"]] == ["A", "C"]
    rest = api.get(PATH, params={"limit": 2, "sort": "next_run_at", "cursor": page["next_cursor"]}).json()
    assert [item["name"] for item in rest["items"]] == ["B"]
    assert [item["name"] for item in api.get(PATH, params={"status": "paused"}).json()["items"]] == ["B"]
    assert api.get(PATH, params={"work_kind": "upkeep"}).json()["items"] == []


def test_others_neither_see_nor_touch_it(
    schedule: dict[str, Any], stranger: Client, served: Served, make_key: MakeKey, tenant: Any
) -> None:
    path = f"{PATH}/{schedule['id']}"
    for act in ("", "/runs", "/changes"):
        assert stranger.get(f"{path}{act}").status_code == 404
    for act in ("/run", "/pause", "/resume"):
        assert stranger.post(f"{path}{act}").status_code == 404
    reader = caller(served, make_key(tenant, Scope.SCHEDULES_READ))
    assert reader.get(path).status_code == 200
    assert reader.post(f"{path}/run").status_code == 403


def test_jobs_that_can_be_scheduled_are_listed(api: Client) -> None:
    offered = {item["name"]: item["arguments"] for item in api.get(f"{PATH}/job-kinds").json()["items"]}
    assert "test_azure_connection" in offered
    assert "connection_id" in str(offered["test_azure_connection"])
    assert "process_csv_file" not in offered
