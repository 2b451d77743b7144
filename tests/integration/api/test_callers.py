"""Who may call: keys, scopes, tenants."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from httpx import Client
from sqlalchemy import select, update

from shared.access import Scope, generate_key, hash_key
from shared.database.session import Database
from shared.database.tables import ApiKey
from tests.integration.api.conftest import EXPORT, MakeKey
from tests.integration.api.serving import Served, caller

NOBODY = "00000000-0000-7000-8000-000000000000"
YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer sk_1", "Bearer aar_", "Bearer aar_" + "x" * 5000]
)
def test_no_key_is_401_and_says_how_to_send_one(anonymous: Client, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = anonymous.get("/api/v1/reports", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    assert answer.json()["code"] == "unauthenticated"


def test_unknown_key_is_401_for_reads_and_writes(served: Served) -> None:
    api = caller(served, generate_key().secret)
    assert api.get("/api/v1/reports").status_code == 401
    assert api.post("/api/v1/clients", json={"name": "x"}).status_code == 401
    assert api.post("/api/v1/reports", files={"file": ("a.csv", EXPORT)}).status_code == 401


@pytest.mark.parametrize("column", ["expires_at", "revoked_at"])
def test_expired_and_revoked_keys_are_401(served: Served, tenant: UUID, make_key: MakeKey, column: str) -> None:
    assert caller(served, make_key(tenant, **{column: YESTERDAY})).get("/api/v1/reports").status_code == 401


def test_revocation_holds_from_the_next_request(
    served: Served, tenant: UUID, make_key: MakeKey, system_database: Database
) -> None:
    key = make_key(tenant)
    api = caller(served, key)
    assert api.get("/api/v1/reports").status_code == 200
    with system_database.across_tenants() as session:
        session.execute(update(ApiKey).where(ApiKey.key_hash == hash_key(key)).values(revoked_at=YESTERDAY))
    assert api.get("/api/v1/reports").status_code == 401


def test_reading_notes_when_the_key_was_used(served: Served, tenant: UUID, make_key: MakeKey, database: Database) -> None:
    key = make_key(tenant)
    caller(served, key).get("/api/v1/reports")
    with database.tenant(tenant) as session:
        assert session.scalar(select(ApiKey.last_used_at).where(ApiKey.key_hash == hash_key(key))) is not None


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        (Scope.CLIENTS_READ, "GET", "/api/v1/clients"),
        (Scope.CLIENTS_READ, "GET", f"/api/v1/clients/{NOBODY}"),
        (Scope.CLIENTS_WRITE, "DELETE", f"/api/v1/clients/{NOBODY}"),
        (Scope.REPORTS_READ, "GET", "/api/v1/reports"),
        (Scope.REPORTS_READ, "GET", f"/api/v1/reports/{NOBODY}/recommendations"),
        (Scope.REPORTS_READ, "GET", "/api/v1/jobs"),
        (Scope.REPORTS_READ, "GET", f"/api/v1/uploads/{NOBODY}"),
        (Scope.REPORTS_WRITE, "POST", f"/api/v1/reports/{NOBODY}/cancel"),
        (Scope.REPORTS_WRITE, "POST", f"/api/v1/reports/{NOBODY}/retry"),
        (Scope.REPORTS_WRITE, "DELETE", f"/api/v1/reports/{NOBODY}"),
    ],
)
def test_each_act_needs_its_scope(
    served: Served, tenant: UUID, *, make_key: MakeKey, scope: Scope, method: str, path: str
) -> None:
    others = [other for other in Scope if other != scope]
    refused = caller(served, make_key(tenant, *others)).request(method, path)
    assert refused.status_code == 403
    assert scope in refused.json()["detail"]
    assert caller(served, make_key(tenant, scope)).request(method, path).status_code in {200, 404}


def test_rows_of_another_tenant_are_not_there(api: Client, stranger: Client, client_id: str) -> None:
    ordered = api.post("/api/v1/reports", data={"client_id": client_id}, files={"file": ("a.csv", EXPORT)}).json()
    report, job = f"/api/v1/reports/{ordered['report']['id']}", f"/api/v1/jobs/{ordered['job']['id']}"
    upload = "/api/v1/uploads/" + api.post("/api/v1/uploads", json={"file_name": "a.csv"}).json()["id"]
    of_report = [f"{report}/{part}" for part in ("recommendations", "rejected-rows", "files", "files/pdf/download")]
    for path in (f"/api/v1/clients/{client_id}", report, job, upload, *of_report):
        assert stranger.get(path).status_code == 404, path
    for method, path in [("POST", f"{report}/cancel"), ("POST", f"{report}/retry"), ("DELETE", report)]:
        assert stranger.request(method, path).status_code == 404, path
    changed = stranger.patch(f"/api/v1/clients/{client_id}", json={"name": "x"}, headers={"If-Match": "*"})
    assert changed.status_code == 404
    for path in ("/api/v1/clients", "/api/v1/reports", "/api/v1/jobs"):
        assert stranger.get(path).json()["items"] == []
    assert api.get(report).status_code == 200


def test_reports_cannot_be_ordered_for_or_from_what_is_another_tenants(
    api: Client, stranger: Client, client_id: str
) -> None:
    files = {"file": ("a.csv", EXPORT)}
    assert stranger.post("/api/v1/reports", data={"client_id": client_id}, files=files).status_code == 404
    upload_id = api.post("/api/v1/uploads", json={"file_name": "a.csv"}).json()["id"]
    own_client = stranger.post("/api/v1/clients", json={"name": "Fabrikam"}).json()["id"]
    answer = stranger.post("/api/v1/reports", json={"client_id": own_client, "upload_ids": [upload_id]})
    assert (answer.status_code, answer.json()["code"]) == (404, "upload_not_found")
