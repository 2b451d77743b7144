"""Big exports go straight into storage, by a link."""

import ssl
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from httpx import Client

from shared.jobs import execution
from shared.services import Services
from tests.integration.api.conftest import EXPORT, MakeKey
from tests.integration.api.serving import caller, serving
from tests.integration.jobs.orders import portal_csv
from worker.jobs.process_csv_file import process_csv_file

PATH = "/api/v1/uploads"


def asked(api: Client, name: str = "Advisor.csv") -> dict[str, Any]:
    answer = api.post(PATH, json={"file_name": name})
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"{PATH}/{answer.json()['id']}"
    return dict(answer.json())


def put(services: Services, upload: dict[str, Any], content: bytes) -> None:
    link = upload["link"]
    trusted = ssl.create_default_context(cafile=str(services.settings.storage_ca_file))
    answer = httpx.request(link["method"], link["url"], headers=link["headers"], content=content, verify=trusted)
    assert answer.status_code == 201, answer.text


def imported(services: Services, tenant: UUID, ordered: dict[str, Any]) -> str | None:
    job_id = UUID(ordered["job"]["id"])
    return execution.execute(services, process_csv_file, tenant_id=tenant, job_id=job_id, worker="tested")


def test_uploaded_file_becomes_a_report_once(api: Client, client_id: str, services: Services) -> None:
    upload = asked(api)
    assert api.get(f"{PATH}/{upload['id']}").json()["state"] == "waiting"
    put(services, upload, EXPORT)
    received = api.get(f"{PATH}/{upload['id']}").json()
    assert (received["state"], received["size_bytes"], "link" in received) == ("received", len(EXPORT), False)
    wanted = {"client_id": client_id, "upload_ids": [upload["id"]], "formats": ["xlsx"]}
    ordered = api.post("/api/v1/reports", json=wanted)
    assert ordered.status_code == 202, ordered.text
    used = api.get(f"{PATH}/{upload['id']}").json()
    assert (used["state"], used["report_id"]) == ("used", ordered.json()["report"]["id"])
    again = api.post("/api/v1/reports", json=wanted)
    assert (again.status_code, again.json()["code"]) == (409, "upload_used")


def test_file_replaced_after_the_order_is_refused(api: Client, client_id: str, services: Services, tenant: UUID) -> None:
    upload = asked(api)
    put(services, upload, portal_csv(3))
    ordered = api.post("/api/v1/reports", json={"client_id": client_id, "upload_ids": [upload["id"]]}).json()
    put(services, upload, portal_csv(4))
    assert imported(services, tenant, ordered) == "failed"
    report = api.get(f"/api/v1/reports/{ordered['report']['id']}").json()
    assert (report["status"], report["error"]["code"]) == ("failed", "upload_changed")
    assert "'Advisor.csv' was replaced" in report["error"]["message"]
    assert "new upload link" in report["error"]["next_step"]
    assert report["snapshot"] is None


def test_file_replaced_before_the_order_is_the_one_that_counts(
    api: Client, client_id: str, services: Services, tenant: UUID
) -> None:
    upload = asked(api)
    put(services, upload, b"a mistake")
    assert api.get(f"{PATH}/{upload['id']}").json()["size_bytes"] == len(b"a mistake")
    export = portal_csv(4)
    put(services, upload, export)
    ordered = api.post("/api/v1/reports", json={"client_id": client_id, "upload_ids": [upload["id"]]}).json()
    assert api.get(f"{PATH}/{upload['id']}").json()["size_bytes"] == len(export)
    assert imported(services, tenant, ordered) == "succeeded"
    assert api.get(f"/api/v1/reports/{ordered['report']['id']}").json()["snapshot"]["accepted_count"] > 0


def test_file_need_not_be_looked_for_before_the_order(api: Client, client_id: str, services: Services) -> None:
    pages = [asked(api, f"page{n}.json") for n in range(2)]
    for page in pages:
        put(services, page, b"[]")
    wanted = {"client_id": client_id, "upload_ids": [page["id"] for page in pages]}
    assert api.post("/api/v1/reports", json=wanted).status_code == 202


def test_orders_from_files_that_never_came_or_are_empty_are_refused(api: Client, client_id: str, services: Services) -> None:
    upload = asked(api)
    wanted = {"client_id": client_id, "upload_ids": [upload["id"]]}
    missing = api.post("/api/v1/reports", json=wanted)
    assert (missing.status_code, missing.json()["code"]) == (409, "upload_not_received")
    put(services, upload, b"")
    empty = api.post("/api/v1/reports", json=wanted)
    assert (empty.status_code, empty.json()["code"]) == (400, "file_empty")


def test_file_larger_than_the_limit_is_refused(services: Services, client_id: str, make_key: MakeKey, tenant: Any) -> None:
    small = Services(services.settings.model_copy(update={"max_upload_bytes": 50}))
    with serving(small) as served:
        api = caller(served, make_key(tenant))
        upload = asked(api)
        assert upload["link"]["max_bytes"] == 50
        put(services, upload, b"x" * 51)
        by_link = api.post("/api/v1/reports", json={"client_id": client_id, "upload_ids": [upload["id"]]})
        by_form = api.post("/api/v1/reports", data={"client_id": client_id}, files={"file": ("a.csv", b"x" * 51)})
    small.close()
    for answer in (by_link, by_form):
        assert (answer.status_code, answer.json()["code"]) == (413, "upload_too_large")


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"upload_ids": []}, "upload_ids"),
        ({"upload_ids": ["x"]}, "upload_ids.0"),
        ({"upload_ids": [str(uuid4())] * 2}, "upload_ids"),
        ({"upload_ids": [str(uuid4()) for _ in range(51)]}, "upload_ids"),
        ({}, "upload_ids"),
        ({"upload_ids": [str(uuid4())], "formats": [1]}, "formats.0"),
        ({"upload_ids": [str(uuid4())], "formats": {}}, "formats"),
    ],
)
def test_json_orders_name_the_fields_that_are_not_valid(
    api: Client, client_id: str, wanted: dict[str, Any], field: str
) -> None:
    answer = api.post("/api/v1/reports", json={"client_id": client_id, **wanted})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_name_of_an_upload_is_no_path_and_stays_on_one_line(api: Client) -> None:
    created = api.post("/api/v1/uploads", json={"file_name": "..\\exports/Advi\r\nsor.csv"})
    assert created.json()["file_name"] == "Advisor.csv"


def test_unknown_uploads_are_not_found(api: Client, client_id: str) -> None:
    assert api.get(f"{PATH}/{uuid4()}").json()["code"] == "upload_not_found"
    answer = api.post("/api/v1/reports", json={"client_id": client_id, "upload_ids": [str(uuid4())]})
    assert (answer.status_code, answer.json()["code"]) == (404, "upload_not_found")
