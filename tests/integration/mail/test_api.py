"""Recipients by the API: bounded, told what is wrong, isolated; and an installation that sends no mail says so."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.access import Scope, generate_key
from shared.database.tables import ApiKey, MailSigningKey
from shared.services import Services
from shared.settings import Settings
from tests.integration.api.serving import caller, serving
from tests.integration.mail.conftest import Ground

PATH = "/api/v1/mail/recipients"


def test_a_recipient_is_made_changed_found_tested_and_deleted(ground: Ground) -> None:
    made = ground.recipient("Alex@Example.com", name="Alex", language="DE_at", time_zone="Europe/Vienna")
    assert (made["address"], made["language"], made["version"]) == ("Alex@example.com", "de-AT", 1)
    one = f"{PATH}/{made['id']}"
    tag = ground.api.get(one).headers["ETag"]
    assert ground.api.patch(one, json={"name": "B"}).status_code == 428
    changed = ground.api.patch(one, json={"digest": "daily", "digest_hour": 6}, headers={"If-Match": tag}).json()
    assert (changed["digest"], changed["next_digest_at"] is not None, changed["name"]) == ("daily", True, "Alex")
    assert ground.api.patch(one, json={"name": "B"}, headers={"If-Match": tag}).status_code == 412
    stopped = ground.api.patch(one, json={"enabled": False}, headers={"If-Match": "*"}).json()
    assert stopped["next_digest_at"] is None
    assert [each["id"] for each in ground.api.get(PATH, params={"search": "alex@"}).json()["items"]] == [made["id"]]
    assert ground.api.get(PATH, params={"kind": "digest"}).json()["items"] == []
    test = ground.api.post(f"{one}/test")
    assert (test.status_code, ground.work()) == (202, 1)
    assert ground.relay.accepted[0].message["Subject"] == "Test: E-Mail kommt an"
    listed = ground.api.get("/api/v1/mail/deliveries", params={"recipient_id": made["id"], "state": "accepted"}).json()
    assert [(mail["kind"], mail["address"]) for mail in listed["items"]] == [("test", "Alex@example.com")]
    assert ground.api.delete(one).status_code == 204
    assert ground.api.get(one).json()["code"] == "recipient_not_found"
    assert ground.mails() == []


@pytest.mark.parametrize(
    ("wanted", "status", "code"),
    [
        ({"address": "nobody"}, 400, "address_refused"),
        ({"address": "älex@example.com"}, 400, "address_refused"),
        ({"address": "a@example.com\r\nBcc: eve@example.com"}, 400, "address_refused"),
        ({"address": "a" * 300 + "@example.com"}, 422, "validation_failed"),
        ({"language": "xx"}, 400, "language_unknown"),
        ({"time_zone": "../etc/passwd"}, 400, "time_zone_unknown"),
        ({"client_ids": [str(uuid4())]}, 400, "client_unknown"),
        ({"kinds": ["welcome"]}, 422, "validation_failed"),
        ({"kinds": ["nothing"]}, 422, "validation_failed"),
        ({"digest_hour": 24}, 422, "validation_failed"),
        ({"digest_weekday": 0}, 422, "validation_failed"),
        ({"name": "a\0"}, 422, "validation_failed"),
        ({"nam": "a"}, 422, "validation_failed"),
    ],
)
def test_what_cannot_be_is_refused_with_what_is_wrong(
    ground: Ground, wanted: dict[str, Any], status: int, code: str
) -> None:
    answer = ground.api.post(PATH, json={"address": "a@example.com", **wanted})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["next_step"]
    assert "eve" not in answer.text


def test_an_address_is_taken_once_and_a_repeated_request_makes_one_recipient(ground: Ground) -> None:
    given: dict[str, Any] = {"json": {"address": "alex@example.com"}, "headers": {"Idempotency-Key": "one"}}
    first, again = ground.api.post(PATH, **given), ground.api.post(PATH, **given)
    assert (first.status_code, again.status_code, first.json()["id"]) == (201, 201, again.json()["id"])
    assert ground.api.post(PATH, json={"address": "ALEX@example.com"}).json()["code"] == "recipient_exists"
    with ground.services.database.tenant(ground.tenant_id) as session:
        assert session.query(MailSigningKey).count() == 1


def test_keys_need_their_scope_and_see_their_tenant_alone(ground: Ground, served: Any, other_tenant: UUID) -> None:
    made = ground.recipient(kinds=["credential_alert"])
    keys = {}
    for name, tenant_id, scopes in (
        ("reader", ground.tenant_id, [Scope.MAIL_READ]),
        ("stranger", other_tenant, [Scope.MAIL_READ, Scope.MAIL_WRITE]),
    ):
        key = generate_key()
        keys[name] = caller(served, key.secret)
        with ground.services.system_database.across_tenants() as session:
            session.add(ApiKey(tenant_id=tenant_id, name="k", prefix=key.prefix, key_hash=key.key_hash, scopes=list(scopes)))
    reader, stranger = keys["reader"], keys["stranger"]
    one = f"{PATH}/{made['id']}"
    assert reader.get(one).status_code == 200
    assert reader.post(PATH, json={"address": "b@example.com"}).json()["code"] == "forbidden"
    assert reader.post(f"{one}/test").json()["code"] == "forbidden"
    assert stranger.get(one).status_code == 404
    assert stranger.post(f"{one}/test").status_code == 404
    assert stranger.delete(one).status_code == 404
    assert stranger.get(PATH).json()["items"] == []
    # What one tenant holds, another may have.
    assert stranger.post(PATH, json={"address": made["address"]}).status_code == 201


def test_an_installation_without_a_relay_says_that_it_sends_no_mail(ground: Ground, settings: Settings) -> None:
    on = ground.api.get("/api/v1/mail").json()
    assert (on["enabled"], on["sender"], on["reason"]) == (True, "reports@advisor.example", None)
    made = ground.recipient(kinds=["credential_alert"])
    off = Services(settings)
    with serving(off) as served:
        api = caller(served, ground.api.headers["Authorization"].partition(" ")[2])
        status = api.get("/api/v1/mail").json()
        assert (status["enabled"], "SMTP_HOST" in status["reason"]) == (False, True)
        for answer in (
            api.post(PATH, json={"address": "b@example.com"}),
            api.post(f"{PATH}/{made['id']}/test"),
            api.post("/api/v1/mail/welcome", json={"user_id": "u", "address": "b@example.com"}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (409, "mail_off")
        assert api.options("/api/v1/mail/delivery-reports").json()["code"] == "delivery_reports_off"
    off.close()
