"""Lists page by page: complete, without repetition, and only by cursors that were given out."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import Client

from shared.services import Services
from tests.integration.api import results
from tests.integration.api.results import recommendation, savings
from tests.integration.api.test_reports import order


def pages(api: Client, path: str, **asked: Any) -> list[list[dict[str, Any]]]:
    """Return all pages of a list."""
    read: list[list[dict[str, Any]]] = []
    cursor: str | None = None
    while cursor is not None or not read:
        answer = api.get(path, params={**asked, **({"cursor": cursor} if cursor else {})})
        assert answer.status_code == 200, answer.text
        read.append(answer.json()["items"])
        cursor = answer.json()["next_cursor"]
    return read


@pytest.fixture
def report_path(api: Client, client_id: str, services: Services, tenant: UUID) -> str:
    """A report of eight recommendations and five rejected rows."""
    report_id = UUID(order(api, client_id)["report"]["id"])
    rows = [
        savings("100.50", resource_name="vm-b", resource_group="RG-Web", subscription_id=results.SUBSCRIPTION),
        savings("5332.10", resource_name="vm-a", subscription_name="Production"),
        savings(None, resource_name="VM-A"),
        savings("100.50", resource_name="100%"),
        savings("0", resource_name="x" * 5000),
        savings(None, resource_name=""),
        recommendation(category="Security", impact="Low", problem="Enable MFA", solution="Do it"),
        recommendation(category="Other", category_as_given="Fun", impact="Other", problem="调整大小"),
    ]
    with services.database.tenant(tenant) as session:
        results.import_into(session, tenant, report_id, rows, rejected=5)
    return f"/api/v1/reports/{report_id}"


@pytest.mark.parametrize("sort", ["source", "-annual_savings", "resource"])
@pytest.mark.parametrize("limit", [1, 3, 8, 200])
def test_every_row_is_met_once_in_every_order(api: Client, report_path: str, sort: str, limit: int) -> None:
    read = pages(api, f"{report_path}/recommendations", sort=sort, limit=limit)
    assert len({row["id"] for page in read for row in page}) == sum(map(len, read)) == 8
    assert all(len(page) == limit for page in read[:-1])
    at_once = pages(api, f"{report_path}/recommendations", sort=sort)[0]
    assert [row for page in read for row in page] == at_once


def test_savings_are_exact_text_and_those_not_estimated_come_last(api: Client, report_path: str) -> None:
    rows = api.get(f"{report_path}/recommendations", params={"sort": "-annual_savings"}).json()["items"]
    assert [row["annual_savings"] for row in rows] == ["5332.10", "100.50", "100.50", "0", None, None, None, None]


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"category": "Security"}, 1),
        ({"category": ["Security", "Other"]}, 2),
        ({"impact": "High"}, 6),
        ({"category": "Security", "impact": "High"}, 0),
        ({"subscription": results.SUBSCRIPTION.lower()}, 1),
        ({"subscription": "production"}, 1),
        ({"resource_group": "rg-web"}, 1),
        ({"min_savings": "100.50"}, 3),
        ({"min_savings": "0"}, 4),
        ({"text": "mfa"}, 1),
        ({"text": "100%"}, 1),
        ({"text": "调整"}, 1),
        ({"text": ""}, 8),
    ],
)
def test_filters_find_what_they_name(api: Client, report_path: str, asked: dict[str, Any], count: int) -> None:
    assert len(pages(api, f"{report_path}/recommendations", **asked)[0]) == count


@pytest.mark.parametrize(
    "asked",
    [
        {"min_savings": "-1"},
        {"min_savings": "NaN"},
        {"min_savings": "1e400"},
        {"category": "Fun"},
        {"text": "a\0b"},
        {"text": "x" * 201},
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "x"},
        {"sort": "annual_savings; drop table"},
    ],
)
def test_filters_out_of_bounds_are_422(api: Client, report_path: str, asked: dict[str, Any]) -> None:
    assert api.get(f"{report_path}/recommendations", params=asked).status_code == 422


def test_report_says_what_was_noticed_about_its_source(api: Client, report_path: str) -> None:
    assert api.get(report_path).json()["snapshot"]["notes"] == [results.NOTE]


def test_rejected_rows_come_in_the_order_of_the_source(api: Client, report_path: str) -> None:
    read = pages(api, f"{report_path}/rejected-rows", limit=2)
    assert [row["line"] for page in read for row in page] == [2, 3, 4, 5, 6]
    assert (read[0][0]["file_name"], read[0][0]["column"]) == ("a.csv", "Amount")
    assert len(pages(api, f"{report_path}/rejected-rows", reason_code="row_short")[0]) == 3


def test_contents_of_a_report_that_is_not_there_are_404(api: Client) -> None:
    for part in ("recommendations", "rejected-rows", "files"):
        assert api.get(f"/api/v1/reports/{uuid4()}/{part}").json()["code"] == "report_not_found"


def test_rows_that_come_meanwhile_neither_repeat_nor_hide_others(api: Client) -> None:
    for n in range(4):
        api.post("/api/v1/clients", json={"name": f"client {n}"})
    first = api.get("/api/v1/clients", params={"limit": 2, "sort": "name"}).json()
    api.post("/api/v1/clients", json={"name": "client 00"})
    rest = api.get("/api/v1/clients", params={"limit": 5, "sort": "name", "cursor": first["next_cursor"]}).json()
    assert [item["name"] for item in rest["items"]] == ["client 2", "client 3"]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("sort", ["name", "-name", "created_at", "-created_at"])
def test_clients_of_one_name_are_told_apart(api: Client, sort: str) -> None:
    for name in ("Contoso", "contoso", "Contoso", "Äther", "äther"):
        api.post("/api/v1/clients", json={"name": name})
    read = pages(api, "/api/v1/clients", sort=sort, limit=1)
    assert len({row["id"] for page in read for row in page}) == 5


@pytest.mark.parametrize("sort", ["-created_at", "created_at", "title", "-title", "updated_at", "-updated_at"])
def test_reports_page_in_every_order(api: Client, client_id: str, sort: str) -> None:
    made = {order(api, client_id, title=title)["report"]["id"] for title in ("A", "a", "Ö")}
    read = pages(api, "/api/v1/reports", sort=sort, limit=1)
    assert {row["id"] for page in read for row in page} == made


def test_only_cursors_that_this_list_gave_out_are_taken(api: Client) -> None:
    for n in range(3):
        api.post("/api/v1/clients", json={"name": f"client {n}"})
    cursor = api.get("/api/v1/clients", params={"limit": 1}).json()["next_cursor"]
    changed = ("A" if cursor[0] != "A" else "B") + cursor[1:]
    for asked in (
        {"cursor": changed},
        {"cursor": cursor[:-4]},
        {"cursor": ""},
        {"cursor": "%00"},
        {"cursor": "é"},
        {"cursor": cursor, "sort": "-name"},
        {"cursor": cursor, "search": "client"},
    ):
        answer = api.get("/api/v1/clients", params=asked)
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid"), asked
    assert api.get("/api/v1/jobs", params={"cursor": cursor}).status_code == 400
    assert api.get("/api/v1/clients", params={"cursor": cursor, "limit": 2}).status_code == 200
