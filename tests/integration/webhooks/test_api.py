"""Webhooks by the API: what comes in, what may be shown, who may do what."""

from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from sqlalchemy import select

from shared.access import Scope, generate_key
from shared.connections import upkeep
from shared.database.tables import ApiKey, AuditEvent
from shared.telemetry.redaction import redact
from tests.integration.api.serving import caller
from tests.integration.webhooks.conftest import Ground

_HEADER_VALUE = "Bearer planted-9f8e7d6c5b4a3921"
_QUERY = "sig=planted7f6e5d4c3b2a1908f6"


def _rows_holding(superuser: psycopg.Connection, text: str) -> list[str]:
    """Return the tables in which some row holds ``text``, sealed secrets among them."""
    tables = superuser.execute("select table_name from information_schema.tables where table_schema = 'public'").fetchall()
    found = []
    for (name,) in tables:
        count = superuser.execute(
            psycopg.sql.SQL("select count(*) from {} t where t::text like %s").format(psycopg.sql.Identifier(name)),
            [f"%{text}%"],
        ).fetchone()
        found += [name] if count and count[0] else []
    return found


def test_what_is_confidential_is_shown_once_and_lies_in_no_row(
    ground: Ground, superuser: psycopg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    wanted = {"url": f"{ground.receiver.url}/hook?{_QUERY}", "headers": {"Authorization": _HEADER_VALUE}}
    key = {"Idempotency-Key": str(uuid4())}
    made = ground.api.post("/api/v1/webhooks", json=wanted, headers=key)
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    endpoint = made.json()
    secret = endpoint["secret"]
    assert secret.startswith("whsec_")
    assert (endpoint["url"], endpoint["header_names"]) == (f"{ground.receiver.url}/hook?…", ["Authorization"])
    # Sent again: the same webhook, without the secret.
    again = ground.api.post("/api/v1/webhooks", json=wanted, headers=key)
    assert (again.status_code, again.json()) == (201, {**endpoint, "secret": None})
    other = ground.api.post("/api/v1/webhooks", json={**wanted, "headers": {"Authorization": "x"}}, headers=key)
    assert other.json()["code"] == "idempotency_key_reused"
    path = made.headers["Location"]
    ground.deliver()
    assert ground.receiver.received[0].headers["authorization"] == _HEADER_VALUE
    assert ground.receiver.received[0].path == f"/hook?{_QUERY}"
    shown = [ground.api.get(path), ground.api.get("/api/v1/webhooks"), ground.api.get(f"{path}/deliveries")]
    planted = (secret, secret.removeprefix("whsec_"), _HEADER_VALUE, _QUERY)
    for one in planted:
        assert all(one not in answer.text for answer in shown)
        assert _rows_holding(superuser, one) == []
        assert one not in caplog.text
    assert redact(f"sent with {_HEADER_VALUE}") != f"sent with {_HEADER_VALUE}"


def test_changes_name_their_version_keep_what_they_leave_out_and_are_in_the_audit_log(
    ground: Ground, services: Any, superuser: psycopg.Connection
) -> None:
    endpoint = ground.endpoint(headers={"X-Team": "Cloud"})
    path = f"/api/v1/webhooks/{endpoint['id']}"
    tag = ground.api.get(path).headers["ETag"]
    assert ground.api.patch(path, json={"description": "New"}).status_code == 428
    changed = ground.api.patch(path, json={"url": f"{ground.receiver.url}/new"}, headers={"If-Match": tag})
    assert (changed.status_code, changed.json()["url"]) == (200, f"{ground.receiver.url}/new")
    assert ground.api.patch(path, json={"timeout_s": 5}, headers={"If-Match": tag}).status_code == 412
    assert ground.api.post(f"{path}/rotate-secret", json={}, headers={"If-Match": tag}).status_code == 412
    ground.deliver()
    received = ground.receiver.received[0]
    assert (received.path, received.headers["x-team"]) == ("/new", "Cloud")
    # The version before is put out of use, and with the webhook goes all of it.
    name = f"webhook-{ground.tenant_id}-{endpoint['id']}"
    count = "select count(*) from sealed_secret where name = %s"
    # One look takes a bounded number, and other tests leave some behind.
    superuser.execute("delete from secret_upkeep where name <> %s", [name])
    superuser.execute("update secret_upkeep set due_at = now()")
    upkeep.tidy(services)
    assert superuser.execute(count, [name]).fetchone() == (1,)
    assert ground.api.delete(path).status_code == 204
    upkeep.tidy(services)
    assert superuser.execute(count, [name]).fetchone() == (0,)
    assert ground.api.get(path).json()["code"] == "webhook_not_found"
    assert ground.deliveries() == []
    with services.system_database.across_tenants() as session:
        entries = session.scalars(
            select(AuditEvent.details).where(AuditEvent.target_id == endpoint["id"]).order_by(AuditEvent.id)
        ).all()
    assert [entry["action"] for entry in entries] == ["created", "changed", "deleted"]
    assert entries[1]["fields"] == ["confidential"]


@pytest.mark.parametrize(
    ("wanted", "status", "code"),
    [
        ({"url": "https://169.254.169.254/metadata"}, 400, "url_refused"),
        ({"url": "https://[::ffff:10.0.0.1]/"}, 400, "url_refused"),
        ({"url": "https://user:password@hooks.example.com/"}, 400, "url_refused"),
        ({"url": "ftp://hooks.example.com/"}, 400, "url_refused"),
        ({"headers": {"Host": "elsewhere"}}, 400, "header_refused"),
        ({"headers": {"webhook-id": "1"}}, 400, "header_refused"),
        ({"headers": {"X-A": "a\r\nX-B: b"}}, 400, "header_refused"),
        ({"headers": {"X A": "a"}}, 400, "header_refused"),
        ({"headers": {f"X-{number}": "a" for number in range(21)}}, 422, "validation_failed"),
        ({"client_ids": [str(uuid4())]}, 400, "client_unknown"),
        ({"event_types": ["report.painted"]}, 422, "validation_failed"),
        ({"timeout_s": 61}, 422, "validation_failed"),
        ({"attempts": 0}, 422, "validation_failed"),
        ({"description": "\0"}, 422, "validation_failed"),
        ({"colour": "red"}, 422, "validation_failed"),
    ],
)
def test_what_cannot_be_is_refused_with_a_next_step(ground: Ground, wanted: dict[str, Any], status: int, code: str) -> None:
    answer = ground.api.post("/api/v1/webhooks", json={"url": "https://hooks.example.com/", **wanted})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["next_step"]


def test_other_tenants_and_keys_without_the_scope_get_nowhere(ground: Ground, served: Any, other_tenant: Any) -> None:
    endpoint = ground.endpoint()
    ground.deliver()
    (delivery,) = ground.deliveries()
    path = f"/api/v1/webhooks/{endpoint['id']}"

    def key(tenant: Any, *scopes: Scope) -> httpx.Client:
        made = generate_key()
        with ground.services.system_database.across_tenants() as session:
            session.add(
                ApiKey(tenant_id=tenant, name="Test", prefix=made.prefix, key_hash=made.key_hash, scopes=list(scopes))
            )
        return caller(served, made.secret)

    stranger, reader = key(other_tenant, *Scope), key(ground.tenant_id, Scope.WEBHOOKS_READ)
    star = {"If-Match": "*"}
    assert stranger.get("/api/v1/webhooks").json()["items"] == []
    for answer in (
        stranger.get(path),
        stranger.get(f"{path}/deliveries"),
        stranger.get(f"{path}/deliveries/{delivery.id}"),
        stranger.patch(path, json={"enabled": False}, headers=star),
        stranger.post(f"{path}/rotate-secret", json={}, headers=star),
        stranger.post(f"{path}/test"),
        stranger.post(f"{path}/replay", json={}),
        stranger.post(f"{path}/deliveries/{delivery.id}/replay"),
        stranger.delete(path),
    ):
        assert answer.status_code == 404
    assert reader.get(f"{path}/deliveries").json()["items"][0]["state"] == "delivered"
    assert reader.post(f"{path}/test").json()["code"] == "forbidden"


def test_deliveries_are_listed_filtered_and_paged_and_a_repeated_test_is_one(ground: Ground) -> None:
    endpoint = ground.endpoint()
    path = f"/api/v1/webhooks/{endpoint['id']}"
    for _ in range(3):
        ground.deliver()
    key = {"Idempotency-Key": str(uuid4())}
    tests = [ground.api.post(f"{path}/test", headers=key) for _ in range(2)]
    assert [answer.status_code for answer in tests] == [202, 202]
    assert tests[0].json()["id"] == tests[1].json()["id"]
    assert ground.work() == 1
    page = ground.api.get(f"{path}/deliveries", params={"limit": 2, "event_type": "report.completed"}).json()
    rest = ground.api.get(
        f"{path}/deliveries", params={"limit": 2, "event_type": "report.completed", "cursor": page["next_cursor"]}
    ).json()
    ids = [item["id"] for item in (*page["items"], *rest["items"])]
    assert len(set(ids)) == 3
    assert ids == sorted(ids, reverse=True)
    assert ground.api.get(f"{path}/deliveries", params={"state": ["failed", "held"]}).json()["items"] == []
    assert ground.api.get("/api/v1/webhooks", params={"enabled": "false"}).json()["items"] == []
    assert ground.api.post(f"{path}/rotate-secret", json={}, headers={"If-Match": "*"}).status_code == 200
    assert len(ground.api.get("/api/v1/webhooks").json()["items"]) == 1
