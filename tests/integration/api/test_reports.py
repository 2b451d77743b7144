"""Reports over HTTP: ordered, followed, cancelled, retried, deleted, downloaded."""

import ssl
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote
from uuid import UUID, uuid4

import httpx
import pytest
from httpx import Client
from sqlalchemy import select

from shared.database.tables import Job, Upload
from shared.jobs.kinds import REMOVE_REPORT_FILES
from shared.jobs.requests import add_job
from shared.services import Services
from tests.integration.api import results
from tests.integration.api.conftest import EXPORT

PATH = "/api/v1/reports"


def order(api: Client, client_id: str, **fields: Any) -> dict[str, Any]:
    answer = api.post(PATH, data={"client_id": client_id, **fields}, files={"file": ("Advisor.csv", EXPORT)})
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def test_order_is_accepted_with_a_job_to_poll(api: Client, client_id: str) -> None:
    answer = api.post(
        PATH,
        data={"client_id": client_id, "formats": ["pdf,XLSX", "html", "pdf"], "title": "Q4", "category": "Cost"},
        files={"file": ("Advisor.csv", EXPORT)},
    )
    assert answer.status_code == 202
    report, job = answer.json()["report"], answer.json()["job"]
    assert report["formats"] == ["pdf", "xlsx", "html"]
    assert (report["status"], report["title"], report["job_id"]) == ("pending", "Q4", job["id"])
    assert [file["status"] for file in report["files"]] == ["pending"] * 3
    polled = api.get(answer.headers["Location"]).json()
    assert (polled["id"], polled["kind"], polled["state"]) == (job["id"], "process_csv_file", "queued")
    assert polled["report_id"] == report["id"]


def test_job_of_a_report_is_the_one_that_makes_it(api: Client, client_id: str, services: Services, tenant: UUID) -> None:
    ordered = order(api, client_id)
    with services.database.tenant(tenant) as session:
        add_job(session, REMOVE_REPORT_FILES, tenant_id=tenant, report_id=UUID(ordered["report"]["id"]))
    assert api.get(f"{PATH}/{ordered['report']['id']}").json()["job_id"] == ordered["job"]["id"]


def test_files_of_an_order_lie_in_storage_as_pages_in_order(
    api: Client, client_id: str, services: Services, tenant: UUID
) -> None:
    pages = [("file", (f"page{n}.csv", EXPORT + str(n).encode())) for n in range(3)]
    report = api.post(PATH, data={"client_id": client_id}, files=pages).json()["report"]
    with services.database.tenant(tenant) as session:
        of_report = select(Upload).where(Upload.report_id == UUID(report["id"])).order_by(Upload.position)
        uploads = session.scalars(of_report).all()
    assert [(upload.file_name, upload.state) for upload in uploads] == [(f"page{n}.csv", "used") for n in range(3)]
    assert [services.blobs.size_of(upload.blob_path) for upload in uploads] == [len(EXPORT) + 1] * 3


def test_trace_of_the_request_is_kept_on_the_job(api: Client, client_id: str) -> None:
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    files = {"file": ("a.csv", EXPORT)}
    headers = {"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"}
    job = api.post(PATH, data={"client_id": client_id}, files=files, headers=headers).json()["job"]
    assert job["trace_id"] == trace_id


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"client_id": "x"}, "client_id"),
        ({}, "client_id"),
        ({"client_id": str(uuid4()), "formats": "pdf,docx"}, "formats.1"),
        ({"client_id": str(uuid4()), "formats": ","}, "formats"),
        ({"client_id": str(uuid4()), "title": "x" * 301}, "title"),
        ({"client_id": str(uuid4()), "title": "a\0"}, "title"),
        ({"client_id": str(uuid4()), "category": "Fun"}, "category"),
        ({"client_id": str(uuid4()), "report_type": "x"}, "report_type"),
        ({"client_id": [str(uuid4()), str(uuid4())]}, "client_id"),
        ({"client_id": str(uuid4()), "colour": "red"}, "colour"),
        ({"client_id": str(uuid4()), "policy": "[" * 50_000}, "policy"),
    ],
)
def test_form_fields_that_are_not_valid_are_named(api: Client, fields: dict[str, Any], field: str) -> None:
    answer = api.post(PATH, data=fields, files={"file": ("a.csv", EXPORT)})
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_order_without_a_file_or_with_text_in_its_place_is_refused(api: Client, client_id: str) -> None:
    for parts in ({"client_id": (None, client_id)}, {"client_id": (None, client_id), "file": (None, "Category")}):
        answer = api.post(PATH, files=parts)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "file")


def test_empty_file_is_told_by_name(api: Client, client_id: str) -> None:
    answer = api.post(PATH, data={"client_id": client_id}, files={"file": ("empty.csv", b"")})
    assert (answer.status_code, answer.json()["code"]) == (400, "file_empty")
    assert "empty.csv" in answer.json()["detail"]


def test_form_that_was_cut_off_is_no_order(api: Client, client_id: str) -> None:
    sent = api.build_request("POST", PATH, data={"client_id": client_id}, files={"file": ("a.csv", EXPORT)})
    whole, kind = sent.read(), {"Content-Type": sent.headers["Content-Type"]}
    for size in (len(whole) - 4, len(whole) // 2):
        answer = api.post(PATH, content=whole[:size], headers=kind)
        assert (answer.status_code, answer.json()["code"]) == (400, "form_cut")
    assert api.post(PATH, content=whole, headers=kind).status_code == 202


@pytest.mark.parametrize("body", [b"", b"--x", b"--x\r\nContent-Disposition: form-data\r\n\r\nx\r\n--x--", b"\0" * 100])
def test_broken_multipart_is_a_clear_error(api: Client, body: bytes) -> None:
    answer = api.post(PATH, content=body, headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert answer.status_code in {400, 422}
    assert api.post(PATH, content=body, headers={"Content-Type": "multipart/form-data"}).status_code in {400, 422}


def test_other_media_types_are_refused(api: Client) -> None:
    answer = api.post(PATH, content=EXPORT, headers={"Content-Type": "text/csv"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_report_for_an_unknown_client_leaves_nothing_in_storage(api: Client, services: Services, tenant: UUID) -> None:
    answer = api.post(PATH, data={"client_id": str(uuid4())}, files={"file": ("a.csv", EXPORT)})
    assert (answer.status_code, answer.json()["code"]) == (404, "client_not_found")
    assert list(services.blobs.paths_under(f"{tenant}/")) == []


def test_paths_in_file_names_are_dropped(api: Client, client_id: str, services: Services, tenant: UUID) -> None:
    api.post(PATH, data={"client_id": client_id}, files={"file": ("C:\\secret\\..\\Ünï.csv", EXPORT)})
    with services.database.tenant(tenant) as session:
        assert session.scalars(select(Upload.file_name)).all() == ["Ünï.csv"]


def test_waiting_report_is_cancelled_at_once_and_can_be_retried(api: Client, client_id: str) -> None:
    ordered = order(api, client_id)
    path = f"{PATH}/{ordered['report']['id']}"
    assert api.post(f"{path}/cancel").json()["status"] == "cancelled"
    assert api.get(f"/api/v1/jobs/{ordered['job']['id']}").json()["state"] == "cancelled"
    retried = api.post(f"{path}/retry")
    assert retried.status_code == 202
    assert retried.headers["Location"] != f"/api/v1/jobs/{ordered['job']['id']}"
    assert retried.json()["report"]["status"] == "pending"
    assert retried.json()["job"]["kind"] == "process_csv_file"
    assert [file["status"] for file in retried.json()["report"]["files"]] == ["pending"]
    again = api.post(f"{path}/retry")
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_retry")


def test_failed_report_says_why_and_goes_on_from_its_snapshot(
    api: Client, client_id: str, services: Services, tenant: UUID
) -> None:
    report_id = UUID(order(api, client_id)["report"]["id"])
    results.fail(services, tenant, report_id)
    with services.database.tenant(tenant) as session:
        results.import_into(session, tenant, report_id, [])
    report = api.get(f"{PATH}/{report_id}").json()
    assert report["error"] == {"code": "not_an_export", "message": "The file is an image.", "next_step": "Send a CSV."}
    assert report["files"][0]["error"]["code"] == "not_an_export"
    assert api.post(f"{PATH}/{report_id}/cancel").json()["code"] == "report_ended"
    assert api.post(f"{PATH}/{report_id}/retry").json()["job"]["kind"] == "generate_report"


def test_deleted_report_is_gone_and_its_work_stopped(api: Client, client_id: str) -> None:
    ordered = order(api, client_id)
    path = f"{PATH}/{ordered['report']['id']}"
    assert api.delete(path).status_code == 204
    assert api.delete(path).status_code == 404
    assert api.get(path).status_code == 404
    assert api.get(PATH).json()["items"] == []
    assert api.get(f"/api/v1/jobs/{ordered['job']['id']}").json()["state"] == "cancelled"


def test_ready_file_is_downloaded_by_a_link_under_a_proper_name(api: Client, services: Services, tenant: UUID) -> None:
    client_id = api.post("/api/v1/clients", json={"name": "Müller/Söhne: 東京"}).json()["id"]
    report_id = order(api, client_id)["report"]["id"]
    path = f"{PATH}/{report_id}/files/pdf/download"
    early = api.get(path)
    assert (early.status_code, early.json()["code"]) == (409, "file_not_ready")
    results.finish(services, tenant, UUID(report_id), b"%PDF-1.7 content")
    file = api.get(f"{PATH}/{report_id}/files").json()["items"][0]
    assert file["download"] == path
    answer = api.get(path)
    assert answer.status_code == 302
    assert answer.headers["Cache-Control"] == "no-store"
    fetched = httpx.get(answer.headers["Location"], verify=_trusting(services))
    assert fetched.content == b"%PDF-1.7 content"
    assert fetched.headers["Content-Type"] == "application/pdf"
    day = datetime.now(UTC).date().isoformat()
    name = f"Müller Söhne 東京 - Azure Advisor report {day}.pdf"
    assert unquote(fetched.headers["Content-Disposition"]).endswith(f"UTF-8''{name}")


def test_files_that_were_not_ordered_are_not_found(api: Client, client_id: str) -> None:
    report_id = order(api, client_id)["report"]["id"]
    for file_format, status, code in [("csv", 404, "file_not_found"), ("docx", 422, "validation_failed")]:
        answer = api.get(f"{PATH}/{report_id}/files/{file_format}/download")
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert api.get(f"{PATH}/{uuid4()}/files/csv/download").json()["code"] == "report_not_found"


def test_polling_an_unchanged_report_or_job_costs_no_body(api: Client, client_id: str) -> None:
    ordered = order(api, client_id)
    for path in (f"{PATH}/{ordered['report']['id']}", f"/api/v1/jobs/{ordered['job']['id']}"):
        tag = api.get(path).headers["ETag"]
        assert api.get(path, headers={"If-None-Match": tag}).status_code == 304
    api.post(f"{PATH}/{ordered['report']['id']}/cancel")
    assert api.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_lists_take_filters(api: Client, client_id: str) -> None:
    other = api.post("/api/v1/clients", json={"name": "Fabrikam"}).json()["id"]
    first, second = order(api, client_id)["report"], order(api, other, title="B")["report"]
    api.post(f"{PATH}/{second['id']}/cancel")

    def found(**filters: Any) -> list[str]:
        answer = api.get(PATH, params=filters)
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    assert found() == [second["id"], first["id"]]
    assert found(sort="created_at") == [first["id"], second["id"]]
    assert found(client_id=other) == [second["id"]]
    assert found(status=["cancelled", "failed"]) == [second["id"]]
    assert found(report_type="detailed", source="upload") == [second["id"], first["id"]]
    assert found(source="live") == []
    assert found(created_after=first["created_at"]) == [second["id"]]
    assert found(created_before="2020-01-01T00:00:00Z") == []
    assert api.get(PATH, params={"created_after": "2020-01-01T00:00:00"}).status_code == 422
    assert api.get(PATH, params={"staus": "failed"}).status_code == 422


def test_jobs_take_filters(api: Client, client_id: str, services: Services, tenant: UUID) -> None:
    ordered = order(api, client_id)
    order(api, client_id)
    jobs = api.get("/api/v1/jobs", params={"report_id": ordered["report"]["id"]}).json()["items"]
    assert [job["id"] for job in jobs] == [ordered["job"]["id"]]
    assert len(api.get("/api/v1/jobs", params={"state": "queued", "kind": "process_csv_file"}).json()["items"]) == 2
    assert api.get("/api/v1/jobs", params={"state": "running"}).json()["items"] == []
    with services.database.tenant(tenant) as session:
        assert len(session.scalars(select(Job)).all()) == 2


def _trusting(services: Services) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(services.settings.storage_ca_file))
