"""Creates repeated with the same Idempotency-Key are done once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from uuid import UUID

import pytest
from httpx import Client, Response
from sqlalchemy import func, select, update

from shared.database.tables import Client as ClientRow
from shared.database.tables import IdempotencyRecord, Job, Report
from shared.services import Services
from tests.integration.api.conftest import EXPORT
from tests.integration.jobs.waiting import PATIENCE_S

KEY = {"Idempotency-Key": "order-2026-11"}
Create = Callable[[Client, str], Response]
CALLERS = 6


def create_client(api: Client, _client_id: str, headers: dict[str, str] = KEY) -> Response:
    return api.post("/api/v1/clients", json={"name": "Fabrikam"}, headers=headers)


def create_upload(api: Client, _client_id: str, headers: dict[str, str] = KEY) -> Response:
    return api.post("/api/v1/uploads", json={"file_name": "a.csv"}, headers=headers)


def order_report(api: Client, client_id: str, headers: dict[str, str] = KEY) -> Response:
    return api.post("/api/v1/reports", data={"client_id": client_id}, files={"file": ("a.csv", EXPORT)}, headers=headers)


@pytest.mark.parametrize("create", [create_client, create_upload, order_report])
def test_repeated_request_gets_the_first_answer_and_is_told_so(api: Client, client_id: str, create: Create) -> None:
    first, second = create(api, client_id), create(api, client_id)
    assert first.status_code == second.status_code
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert first.headers["Location"] == second.headers["Location"]
    kept, again = first.json(), second.json()
    # A link is a secret and never kept; the second one is new.
    assert bool(kept.pop("link", None)) == bool(again.pop("link", None))
    assert kept == again


@pytest.mark.parametrize("create", [create_client, create_upload, order_report])
def test_key_with_another_request_is_refused(api: Client, client_id: str, create: Create) -> None:
    assert api.post("/api/v1/clients", json={"name": "Other"}, headers=KEY).status_code == 201
    answer = create(api, client_id)
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")


def test_other_content_of_a_file_is_another_request(api: Client, client_id: str) -> None:
    assert order_report(api, client_id).status_code == 202
    other = {"file": ("a.csv", EXPORT + b"\n")}
    assert api.post("/api/v1/reports", data={"client_id": client_id}, files=other, headers=KEY).status_code == 409


@pytest.mark.parametrize("create", [create_client, order_report])
def test_duplicates_at_the_same_moment_do_the_work_once(
    api: Client, client_id: str, services: Services, tenant: UUID, create: Create
) -> None:
    together = Barrier(CALLERS)

    def ask(_: int) -> Response:
        together.wait(PATIENCE_S)
        return create(api, client_id)

    with ThreadPoolExecutor(CALLERS) as threads:
        answers = list(threads.map(ask, range(CALLERS)))
    assert {answer.status_code for answer in answers} <= {201, 202}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    with services.database.tenant(tenant) as session:
        clients = session.scalar(select(func.count()).select_from(ClientRow))
        reports = session.scalar(select(func.count()).select_from(Report))
        jobs = session.scalar(select(func.count()).select_from(Job))
    made = (2, 0, 0) if create is create_client else (1, 1, 1)
    assert (clients, reports, jobs) == made
    # The files of those that came too late are taken away again.
    assert len(list(services.blobs.paths_under(f"{tenant}/"))) == made[1]


def test_key_belongs_to_its_tenant(api: Client, stranger: Client, client_id: str) -> None:
    first, second = create_client(api, client_id), create_client(stranger, client_id)
    assert second.status_code == 201
    assert first.json()["id"] != second.json()["id"]


def test_failed_request_may_be_repeated_with_its_key(api: Client, client_id: str) -> None:
    path = f"/api/v1/clients/{client_id}"
    api.patch(path, json={"status": "inactive"}, headers={"If-Match": "*"})
    assert order_report(api, client_id).status_code == 409
    api.patch(path, json={"status": "active"}, headers={"If-Match": "*"})
    assert order_report(api, client_id).status_code == 202


def test_key_is_forgotten_after_its_time(api: Client, client_id: str, services: Services, tenant: UUID) -> None:
    first = create_client(api, client_id)
    with services.database.tenant(tenant) as session:
        session.execute(update(IdempotencyRecord).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    second = create_client(api, client_id)
    assert (second.status_code, "Idempotency-Replayed" in second.headers) == (201, False)
    assert second.json()["id"] != first.json()["id"]


@pytest.mark.parametrize("key", ["", "x" * 256, "ключ", "a\tb"])
def test_key_out_of_bounds_is_422(api: Client, client_id: str, key: str) -> None:
    answer = create_client(api, client_id, {"Idempotency-Key": key.encode()})  # type: ignore[dict-item]
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["in"] == "header"


def test_without_a_key_each_request_is_its_own(api: Client, client_id: str) -> None:
    answers = [create_client(api, client_id, {}) for _ in range(2)]
    assert answers[0].json()["id"] != answers[1].json()["id"]
