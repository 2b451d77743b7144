"""Credentials of other places: stored, changed, tried; their secrets go in and never come out."""

import json
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from shared.connections import upkeep
from shared.database.tables import AuditEvent
from tests.integration.credential_health.conftest import HEALTH, Ground
from tests.simulators.receiver import Told

_PATH = "/api/v1/credentials"
_TOKEN = "token-of-the-partner-0123456789"


def test_a_credential_is_stored_and_its_secret_goes_to_the_vault_alone(ground: Ground, superuser: Any) -> None:
    key = {"Idempotency-Key": "once"}
    body = {
        "name": "Partner",
        "provider": "http",
        "credential_type": "bearer",
        "configuration": {"url": f"{ground.receiver.url}/me"},
        "secret": {"token": _TOKEN},
        "expires_at": "2099-01-01T00:00:00Z",
    }
    first, again = (ground.api.post(_PATH, json=body, headers=key) for _ in range(2))
    assert (first.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert first.json() == again.json() == ground.api.get(first.headers["Location"]).json()
    credential = first.json()
    assert credential["configuration"] == {"url": f"{ground.receiver.url}/me"}
    (kept,) = (value for name, value in ground.cloud.vault.secrets.items() if credential["id"] in name)
    assert json.loads(kept[-1].value) == {"token": _TOKEN}
    listed = ground.api.get(_PATH, params={"provider": "http", "search": "part"}).json()["items"]
    assert [item["id"] for item in listed] == [credential["id"]]
    assert ground.api.get(HEALTH, params={"state": "unchecked"}).json()["items"][0]["name"] == "Partner"
    ground.check()
    (received,) = ground.receiver.received
    assert (received.path, received.headers["authorization"]) == ("/me", f"Bearer {_TOKEN}")
    for answer in (first, ground.api.get(_PATH), ground.api.get(HEALTH), ground.api.get("/api/v1/jobs")):
        assert _TOKEN not in answer.text
    tables = superuser.execute("select string_agg(quote_ident(tablename), ',') from pg_tables where schemaname = 'public'")
    for table in tables.fetchone()[0].split(","):
        found = superuser.execute(f"select count(*) from {table} t where t::text like %s", (f"%{_TOKEN}%",))
        assert found.fetchone() == (0,), table


@pytest.mark.parametrize(
    ("change", "status", "about"),
    [
        ({"provider": "gopher"}, 400, "gopher"),
        ({"credential_type": "digest"}, 400, "digest"),
        ({"secret": {"username": "u"}}, 400, "username"),
        ({"secret": {"token": "two words"}}, 400, "token"),
        ({"secret": {"token": "\ud800"}}, 422, "secret"),
        ({"secret": {}}, 422, "secret"),
        ({"secret": {"token": "x" * 10_001}}, 422, "secret"),
        ({"configuration": {}}, 400, "url"),
        ({"configuration": {"url": "https://127.0.0.1/me"}}, 400, "public internet"),
        ({"configuration": {"url": "http://example.com:80/me"}}, 400, "Port"),
        ({"configuration": {"url": "https://u:p@example.com"}}, 400, "password"),
        ({"configuration": {"url": "https://example.com", "header": "Host"}}, 400, "header"),
        ({"configuration": {"url": "https://example.com", "method": "DELETE"}}, 400, "method"),
        ({"configuration": {"url": "https://example.com", "token": "x"}}, 400, "token"),
        ({"configuration": {"url": "https://example.com\x00"}}, 422, "configuration"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, 400, "expired"),
        ({"client_id": "01a201c9-f3e0-75c0-adcc-255f9733b2d8"}, 404, "client"),
        ({"name": " "}, 422, "name"),
        ({"password": "x"}, 422, "password"),
    ],
)
def test_what_cannot_be_stored_is_said_in_one_sentence(
    ground: Ground, change: dict[str, Any], status: int, about: str
) -> None:
    body = {
        "name": "Partner",
        "provider": "http",
        "credential_type": "bearer",
        "configuration": {"url": "https://api.example.com/me"},
        "secret": {"token": _TOKEN},
        **change,
    }
    # Escaped, so that halves of characters can be sent as well.
    headers = {"Content-Type": "application/json"}
    answer = ground.api.post(_PATH, content=json.dumps(body).encode(), headers=headers)
    assert answer.status_code == status, answer.text
    assert about in answer.text
    assert _TOKEN not in answer.text
    assert ground.api.get(_PATH).json()["items"] == []


@pytest.mark.parametrize(
    ("told", "state", "code"),
    [
        (Told(204), "healthy", "ok"),
        (Told(401), "invalid", "refused"),
        (Told(403, {"WWW-Authenticate": 'Bearer error="insufficient_scope", scope="a:read b:read"'}), "insufficient", None),
        # What it says is written down whatever characters it holds.
        (Told(403, {"WWW-Authenticate": 'Bearer scope="a\x00:read b:read"'}), "insufficient", None),
        (Told(404), "unreachable", "unexpected_status"),
        (Told(302, {"Location": "https://elsewhere.example/"}), "unreachable", "redirected"),
        (Told(429), "unreachable", "service_unavailable"),
        (Told(503), "unreachable", "service_unavailable"),
    ],
)
def test_the_status_says_how_it_stands(ground: Ground, told: Told, state: str, code: str | None) -> None:
    credential = ground.credential(
        credential_type="basic", secret={"username": "ada", "password": "correct-horse-0123456789"}
    )
    ground.receiver.answers.append(told)
    ground.check()
    assert ground.receiver.received[-1].headers["authorization"] == "Basic YWRhOmNvcnJlY3QtaG9yc2UtMDEyMzQ1Njc4OQ=="
    found = ground.health(credential)
    assert (found["state"], found["code"]) == (state, code or "permission_missing")
    assert found["missing_permissions"] == (["a:read", "b:read"] if state == "insufficient" else [])


def test_a_credential_is_changed_checked_anew_and_deleted_with_its_secret(ground: Ground) -> None:
    credential = ground.credential()
    ground.receiver.answers.append(Told(401))
    ground.check()
    assert ground.health(credential)["state"] == "invalid"
    assert ground.api.patch(f"{_PATH}/{credential}", json={"name": "P"}).status_code == 428
    stale = ground.api.patch(f"{_PATH}/{credential}", json={"name": "P"}, headers={"If-Match": '"7"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "version_conflict")
    change = {"secret": {"token": "another-token-0123456789"}, "configuration": {"url": f"{ground.receiver.url}/you"}}
    answer = ground.api.patch(f"{_PATH}/{credential}", json=change, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    assert ground.health(credential)["state"] == "unchecked"
    ground.receiver.answers.clear()
    # Nobody has to wait: what was changed is due at once, and was not refused.
    ground.tick()
    ground.work()
    assert ground.health(credential)["state"] == "healthy"
    assert ground.receiver.received[-1].headers["authorization"] == "Bearer another-token-0123456789"
    own = {"alert_after": 1}
    tag = ground.api.get(f"{HEALTH}/{credential}").headers["ETag"]
    changed = ground.api.patch(f"{HEALTH}/{credential}", json=own, headers={"If-Match": tag})
    assert (changed.status_code, changed.json()["alert_after"]) == (200, 1)
    ground.receiver.answers.append(Told(401))
    ground.check()
    assert [event["consecutive_failures"] for event in ground.events("credential.failed")] == [1]
    assert ground.api.delete(f"{_PATH}/{credential}").status_code == 204
    for path in (f"{_PATH}/{credential}", f"{HEALTH}/{credential}", f"{HEALTH}/{credential}/checks"):
        assert ground.api.get(path).status_code == 404
    upkeep.tidy(ground.services)
    assert not [name for name in ground.cloud.vault.secrets if credential in name]


def test_a_secret_is_not_sent_elsewhere_by_whoever_does_not_know_it(ground: Ground) -> None:
    credential = ground.credential()
    url = f"{ground.receiver.url}/me"

    def changed(**fields: Any) -> httpx.Response:
        return ground.api.patch(f"{_PATH}/{credential}", json=fields, headers={"If-Match": "*"})

    answer = changed(configuration={"url": f"{ground.receiver.url}/mine"})
    assert (answer.status_code, answer.json()["code"]) == (400, "secret_needed")
    assert "along" in answer.json()["next_step"]
    assert ground.api.get(f"{_PATH}/{credential}").json()["configuration"]["url"] == url
    # What does not decide where it goes can be changed by itself.
    assert changed(configuration={"url": url, "expected_status": [200, 204]}).status_code == 200
    there = {"url": f"{ground.receiver.url}/mine"}
    assert changed(configuration=there, secret={"token": "a-token-of-mine-0123456789"}).status_code == 200


def test_a_client_s_credentials_go_with_it_and_are_its_dependents(ground: Ground) -> None:
    client_id = ground.api.post("/api/v1/clients", json={"name": "Contoso"}).json()["id"]
    credential = ground.credential(client_id=client_id)
    ground.receiver.answers.append(Told(401))
    ground.check(3)
    (told,) = ground.events("credential.failed")
    assert told["dependents"]["client_ids"] == [client_id]
    listed = ground.api.get(HEALTH, params={"client_id": client_id, "incident_open": True, "provider": "http"}).json()
    assert [item["id"] for item in listed["items"]] == [credential]
    assert ground.api.delete(f"/api/v1/clients/{client_id}").status_code == 204
    assert ground.api.get(_PATH).json()["items"] == ground.api.get(HEALTH).json()["items"] == []
    with ground.services.database.tenant(ground.tenant_id) as session:
        types = session.scalars(select(AuditEvent.type).where(AuditEvent.target_kind == "credential")).all()
    assert sorted(types) == ["credential.created", "credential.deleted"]
