"""Two successive exports of one client over HTTP: policy, scope, what changed, the course of time, marks."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import Client

from shared.database.tables import Snapshot
from shared.jobs import execution
from shared.services import Services
from tests.generators.portal_csv import GENERATIONS
from worker.jobs.generate_report import generate_report
from worker.jobs.process_csv_file import process_csv_file

Ordering = Callable[..., dict[str, Any]]
SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"


def export(*rows: Sequence[str]) -> bytes:
    """A portal CSV of rows of name, amount and (if any) subscription."""
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(GENERATIONS[14])
    for name, amount, *subscription in rows:
        where = (*(subscription or [SUBSCRIPTION]), "Sub", "rg", name, "Disk")
        lines.writerow(("Cost", "High", "Delete it", *where, "", "", amount, "USD" if amount else "", "", ""))
    return out.getvalue().encode()


FIRST = ("Advisor_2026-01-01T00_00_00.000Z.csv", export(("kept", "10"), ("gone", "20"), ("dearer", "30")))
SECOND = ("Advisor_2026-02-01T00_00_00.000Z.csv", export(("kept", "10"), ("dearer", "35"), ("fresh", "5"), ("later", "")))


@pytest.fixture
def made(api: Client, client_id: str, services: Services, tenant: UUID) -> Ordering:
    """Order a report over HTTP, make it as workers do, and return it as answered."""

    def make(file: tuple[str, bytes], **options: Any) -> dict[str, Any]:
        fields = {name: value if isinstance(value, str) else json.dumps(value) for name, value in options.items()}
        fields = {"client_id": client_id, "formats": "csv,json", **fields}
        answer = api.post("/api/v1/reports", data=fields, files={"file": file})
        assert answer.status_code == 202, answer.text
        report_id = answer.json()["report"]["id"]
        for job in (process_csv_file, generate_report):
            job_id = api.get(f"/api/v1/reports/{report_id}").json()["job_id"]
            assert execution.execute(services, job, tenant_id=tenant, job_id=UUID(job_id), worker="test") == "succeeded"
        report: dict[str, Any] = api.get(f"/api/v1/reports/{report_id}").json()
        assert report["status"] == "completed"
        return report

    return make


def comparison(api: Client, report: dict[str, Any], **query: Any) -> dict[str, Any]:
    answer = api.get(f"/api/v1/reports/{report['id']}/comparison", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def content(services: Services, tenant: UUID, report: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The JSON file of a report."""
    paths = services.blobs.paths_under(f"{tenant}/reports/{report['id']}")
    [path] = [path for path in paths if path.endswith(".json")]
    services.blobs.download(path, folder / "report.json")
    return dict(json.loads((folder / "report.json").read_text()))


def test_the_second_report_tells_what_changed_since_the_first(api: Client, made: Ordering, client_id: str) -> None:
    first, second = made(FIRST), made(SECOND)
    told = comparison(api, first)
    assert (told["comparison"], told["items"]) == (None, [])
    assert told["reason"] == "There is no earlier snapshot of this client to compare with."

    told = comparison(api, second)
    summary = told["comparison"]
    assert summary["counts"] == {"new": 2, "returned": 0, "resolved": 1, "changed": 1, "postponed": 0, "dismissed": 0}
    assert (summary["match_rate"], summary["same_scope"], summary["unchanged"]) == ("0.5000", True, 1)
    [bridge] = summary["bridges"]
    assert bridge == {
        "currency": "USD", "before": "60", "realised": "20", "lost": "0", "newly_found": "5", "grown": "5", "after": "50",
    }  # fmt: skip
    [page] = [comparison(api, second, limit=2)]
    rest = comparison(api, second, limit=2, cursor=page["next_cursor"])
    names = [item["resource_name"] for item in (*page["items"], *rest["items"])]
    assert (names, rest["next_cursor"]) == (["dearer", "gone", "fresh", "later"], None)
    [changed] = comparison(api, second, kind="changed")["items"]
    assert (changed["changed"], changed["annual_savings_before"], changed["annual_savings"]) == (["savings"], "30", "35")

    points = api.get(f"/api/v1/clients/{client_id}/trend").json()["points"]
    assert [(point["total"], point["savings"]) for point in points] == [(3, {"USD": "60"}), (4, {"USD": "50"})]


def test_a_report_is_made_by_its_policy_scope_and_what_was_added_by_hand(
    api: Client, made: Ordering, services: Services, tenant: UUID, tmp_path: Path
) -> None:
    other = "22222222-2222-4222-8222-222222222222"
    file = ("a.csv", export(("mine", "10"), ("theirs", "20", other)))
    by_hand = {
        "category": "Cost",
        "impact": "Low",
        "problem": "Cancel the lease",
        "annual_savings": "7.50",
        "currency": "USD",
    }
    report = made(
        file, policy={"term": "P1Y"}, scope={"subscriptions": [SUBSCRIPTION.upper()]}, manual_recommendations=[by_hand],
        display={"currency": "EUR", "rates": [{"currency": "USD", "rate": "0.9"}], "as_of": "2026-01-02"},
    )  # fmt: skip
    assert report["manual_count"] == 1
    assert report["options"]["policy"] == {"term": "P1Y", "lookback_days": 30, "path": "best"}
    rows = content(services, tenant, report, tmp_path)["recommendations"]
    assert [(row["resource_name"], row["recommendation"]) for row in rows] == [
        ("mine", "Delete it"),
        ("", "Cancel the lease"),
    ]
    imported = api.get(f"/api/v1/reports/{report['id']}/recommendations").json()["items"]
    assert [row["resource_name"] for row in imported] == ["mine", "theirs"], "the imported snapshot is as it was"
    points = api.get(f"/api/v1/clients/{report['client_id']}/trend", params={"report_id": report["id"]}).json()["points"]
    assert [(point["total"], point["savings"]) for point in points] == [(2, {"USD": "17.50"})]


def test_a_report_can_be_compared_with_a_chosen_one_or_none(api: Client, made: Ordering) -> None:
    first = made(FIRST)
    made(SECOND)
    third = ("Advisor_2026-03-01T00_00_00.000Z.csv", FIRST[1])
    chosen = comparison(api, made(third, comparison={"mode": "chosen", "report_id": first["id"]}))
    assert (chosen["comparison"]["match_rate"], chosen["items"]) == ("1.0000", [])
    none = comparison(api, made(third, comparison={"mode": "none"}))
    assert (none["comparison"], none["reason"]) == (None, "The order asked for no comparison.")
    usual = comparison(api, made(third))["comparison"]
    assert (usual["earlier"]["taken_at"][:7], usual["counts"]["returned"]) == ("2026-02", 1), "its twins are passed over"


def test_another_policy_counts_the_earlier_snapshots_anew(api: Client, made: Ordering, client_id: str) -> None:
    made(FIRST)
    second = made(SECOND, policy={"lookback_days": "best"}, scope={"categories": ["Cost"]})
    points = api.get(f"/api/v1/clients/{client_id}/trend").json()["points"]
    assert [(point["total"], point["savings"]) for point in points] == [(3, {"USD": "60"}), (4, {"USD": "50"})]
    assert points[1]["snapshot_id"] == second["snapshot"]["id"]


def test_an_export_of_other_subscriptions_is_not_compared(api: Client, made: Ordering) -> None:
    made(FIRST)
    other = "22222222-2222-4222-8222-222222222222"
    told = comparison(api, made((SECOND[0], export(("kept", "10", other)))))
    assert (told["comparison"], told["reason"][:37]) == (None, "No earlier snapshot of this client ho")


def test_several_clients_are_rolled_up(
    api: Client, made: Ordering, services: Services, tenant: UUID, tmp_path: Path
) -> None:
    second = api.post("/api/v1/clients", json={"name": "Fabrikam"}).json()["id"]
    made(FIRST, client_id=second)
    part = made(SECOND, client_id=second)["snapshot"]["id"]
    with services.database.tenant(tenant) as session:
        session.get_one(Snapshot, UUID(part)).details = {"fetch": {"filters": {"impacts": ["High"]}}}
    third = api.post("/api/v1/clients", json={"name": "Nothing yet"}).json()["id"]
    report = made(SECOND, roll_up=[second, third], formats="json,html")
    assert report["options"]["roll_up"] == [second, third]
    own = content(services, tenant, report, tmp_path)["recommendations"]
    assert {row["resource_name"] for row in own} == {"kept", "dearer", "fresh", "later"}, "other chapters are of one client"
    [page] = [path for path in services.blobs.paths_under(f"{tenant}/reports/{report['id']}") if path.endswith(".html")]
    services.blobs.download(page, tmp_path / "report.html")
    words = (tmp_path / "report.html").read_text().replace("\u00a0", " ")
    assert "Together they can save USD 110 a year." in words
    assert "no data yet" in words


def mark(api: Client, client_id: str, fingerprint: str, **fields: Any) -> Any:
    return api.put(f"/api/v1/clients/{client_id}/marks/{fingerprint}", json=fields)


def test_a_mark_stays_on_its_finding_and_keeps_its_history(api: Client, made: Ordering, client_id: str) -> None:
    report = made(FIRST)
    [one, two, _] = api.get(f"/api/v1/reports/{report['id']}/recommendations").json()["items"]
    marks = f"/api/v1/clients/{client_id}/marks"
    assert mark(api, client_id, one["fingerprint"], status="accepted").status_code == 200
    planned = mark(api, client_id, one["fingerprint"], status="planned", owner="Ada", due_on="2026-03-01", note="In spring")
    assert (planned.json()["marked_by"], planned.json()["due_on"]) == ("Test", "2026-03-01")
    assert mark(api, client_id, two["fingerprint"], status="done").status_code == 200
    assert [item["status"] for item in api.get(marks).json()["items"]] == ["done", "planned"]
    page = api.get(marks, params={"limit": 1}).json()
    assert [
        item["status"] for item in api.get(marks, params={"limit": 1, "cursor": page["next_cursor"]}).json()["items"]
    ] == ["planned"]
    assert [item["status"] for item in api.get(marks, params={"status": "planned"}).json()["items"]] == ["planned"]
    listed = api.get(f"/api/v1/reports/{made(SECOND)['id']}/recommendations").json()["items"]
    told = {row["resource_name"]: (row["mark"], row["first_seen_at"][:10]) for row in listed}
    assert (told["kept"], told["fresh"]) == (("planned", "2026-01-01"), (None, "2026-02-01")), "also in the next report"
    assert api.delete(f"{marks}/{two['fingerprint']}").status_code == 204
    assert [item["fingerprint"] for item in api.get(marks).json()["items"]] == [one["fingerprint"]]
    history = api.get(f"{marks}/{one['fingerprint']}").json()["items"]
    assert [item["status"] for item in history] == ["planned", "accepted"]
    assert [item["status"] for item in api.get(f"{marks}/{two['fingerprint']}").json()["items"]] == ["cleared", "done"]


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "rejected"},
        {"status": "accepted", "owner": "Ada"},
        {"status": "done", "due_on": "2026-01-01"},
        {"status": "cleared"},
        {"status": "planned", "note": "x" * 4_001},
    ],
)
def test_marks_that_make_no_sense_are_refused(api: Client, client_id: str, fields: dict[str, Any]) -> None:
    assert mark(api, client_id, "0" * 32, **fields).status_code == 422


def test_only_findings_of_the_client_can_be_marked(api: Client, client_id: str, stranger: Client) -> None:
    answer = mark(api, client_id, "0" * 32, status="done")
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (404, "finding_not_found")
    for path in ("marks", "trend", f"marks/{'0' * 32}"):
        assert stranger.get(f"/api/v1/clients/{client_id}/{path}").status_code == 404
    assert stranger.get(f"/api/v1/reports/{uuid4()}/comparison").status_code == 404


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"policy": "{"}, "validation_failed"),
        ({"policy": {"term": "P5Y"}}, "validation_failed"),
        ({"scope": {"subscription": ["x"]}}, "validation_failed"),
        ({"comparison": {"mode": "chosen"}}, "validation_failed"),
        ({"comparison": {"mode": "chosen", "report_id": str(uuid4())}}, "report_to_compare_not_found"),
        ({"roll_up": [str(uuid4())]}, "client_to_roll_up_not_found"),
        ({"report_type": "cost", "scope": {"categories": ["Security"]}}, "nothing_in_scope"),
        ({"manual_recommendations": [{"category": "Cost", "impact": "Low", "problem": "x", "annual_savings": "5"}]},
         "validation_failed"),
        ({"manual_recommendations": [{"category": "Cost", "impact": "Low", "problem": "x", "annual_savings": "-5",
                                      "currency": "EUR"}]}, "validation_failed"),
        ({"manual_recommendations": [{"category": "Cost", "impact": "Low", "problem": "x"}] * 1_001}, "validation_failed"),
        ({"display": {"currency": "EUR", "rates": [{"currency": "USD", "rate": "0"}], "as_of": "2026-01-01"}},
         "validation_failed"),
        ({"language": "xx"}, "validation_failed"),
    ],
)  # fmt: skip
def test_orders_that_cannot_be_carried_out_are_refused(
    api: Client, client_id: str, options: dict[str, Any], code: str
) -> None:
    fields = {name: value if isinstance(value, str) else json.dumps(value) for name, value in options.items()}
    answer = api.post("/api/v1/reports", data={"client_id": client_id, **fields}, files={"file": FIRST})
    assert (answer.status_code in {400, 422}, answer.json()["type"].rpartition(":")[2]) == (True, code), answer.text


def test_options_are_given_as_json_too(api: Client, client_id: str) -> None:
    upload = api.post("/api/v1/uploads", json={"file_name": "a.csv"}).json()
    answer = api.post(
        "/api/v1/reports", json={"client_id": client_id, "upload_ids": [upload["id"]], "policy": {"path": "x"}}
    )
    assert [error["field"] for error in answer.json()["errors"]] == ["policy.path"]
