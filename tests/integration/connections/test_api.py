"""Connections over HTTP: made, changed, listed, kept apart; secrets go in and never come out."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from shared.access import Scope
from shared.connections import key_opening, key_turns
from shared.identifiers import new_id
from tests.generators.certificates import certificate, pem
from tests.integration.connections.asking import PATH, SECRET, made
from tests.integration.connections.conftest import MakeApi
from tests.simulators.cloud import Cloud


def test_a_connection_is_made_and_its_secret_goes_to_the_vault(
    api: httpx.Client, cloud: Cloud, by_secret: dict[str, Any], tenant: UUID
) -> None:
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=90)
    answer = api.post(PATH, json={**by_secret, "secret": f" {SECRET}\n", "secret_expires_at": ends.isoformat()})
    assert answer.status_code == 201, answer.text
    connection = answer.json()
    assert SECRET not in answer.text
    assert (connection["status"], connection["has_secret"], connection["version"]) == ("untested", True, 1)
    assert api.get(answer.headers["Location"]).json() == connection
    ((name, versions),) = cloud.vault.secrets.items()
    assert str(tenant) in name
    assert connection["id"] in name
    assert [(version.value, version.expires) for version in versions] == [(SECRET, int(ends.timestamp()))]
    assert [item["id"] for item in api.get(PATH, params={"search": "contoso"}).json()["items"]] == [connection["id"]]


def test_the_same_request_with_one_key_makes_one_connection(
    api: httpx.Client, cloud: Cloud, by_secret: dict[str, Any], superuser: Any
) -> None:
    key = {"Idempotency-Key": "once"}
    first, again = (api.post(PATH, json=by_secret, headers=key) for _ in range(2))
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert again.json() == first.json()
    assert cloud.vault.values() == [SECRET]
    other = api.post(PATH, json={**by_secret, "secret": "another-secret-of-the-app"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "password"}, "kind"),
        ({"secret": None}, "secret"),
        ({"secret": ""}, "secret"),
        ({"secret": "x" * 1001}, "secret"),
        ({"secret": "\ud800"}, "secret"),
        ({"certificate": "x"}, "certificate"),
        ({"directory_id": None}, "directory_id"),
        ({"directory_id": "contoso.com"}, "directory_id"),
        ({"application_id": None}, "application_id"),
        ({"kind": "workload_identity"}, "secret"),
        ({"name": " "}, "name"),
        ({"password": "x"}, "password"),
        ({"selection": {"mode": "none"}}, "selection.mode"),
    ],
)
def test_fields_that_are_not_valid_are_named_and_secrets_not_repeated(
    api: httpx.Client, cloud: Cloud, by_secret: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    # Escaped, so that halves of characters can be sent as well.
    body = json.dumps(by_secret | change).encode()
    answer = api.post(PATH, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422, answer.text
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert SECRET not in answer.text
    assert not cloud.vault.values()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"secret": str(new_id())}, "secret_invalid"),
        ({"secret": " \n"}, "secret_invalid"),
        ({"secret": "a\0b"}, "secret_invalid"),
        ({"secret_expires_at": "2020-01-01T00:00:00Z"}, "secret_invalid"),
        ({"selection": {"mode": "tag"}}, "selection_invalid"),
        ({"selection": {"mode": "some", "subscription_ids": ["x' or 1"]}}, "selection_invalid"),
        ({"client_id": str(new_id())}, "client_not_found"),
    ],
)
def test_what_cannot_be_is_told(
    api: httpx.Client, cloud: Cloud, by_secret: dict[str, Any], change: dict[str, Any], code: str
) -> None:
    answer = api.post(PATH, json=by_secret | change)
    assert answer.json()["code"] == code
    assert answer.json()["next_step"]
    assert not cloud.vault.values()


def test_a_certificate_that_finds_no_turn_to_be_opened_may_be_sent_again(
    api: httpx.Client, cloud: Cloud, by_secret: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_turns, "PATIENCE_S", 0.05)
    body = {**by_secret, "kind": "service_principal_certificate", "certificate": pem(certificate())}
    del body["secret"]
    with key_opening.turns.held("one"), key_opening.turns.held("two"):
        answer = api.post(PATH, json=body)
    assert (answer.status_code, answer.json()["code"]) == (503, "keys_busy")
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json()["next_step"]
    assert not cloud.vault.values()
    assert api.post(PATH, json=body).status_code == 201


def test_nobody_else_sees_or_touches_a_connection(
    api: httpx.Client, make_api: MakeApi, by_secret: dict[str, Any], other_tenant: UUID
) -> None:
    path = f"{PATH}/{made(api, by_secret)['id']}"
    stranger = make_api(other_tenant)
    assert stranger.get(PATH).json()["items"] == []
    for answer in (
        stranger.get(path),
        stranger.patch(path, json={"name": "Mine"}, headers={"If-Match": "*"}),
        stranger.delete(path),
        stranger.post(f"{path}/test"),
        stranger.get(f"{path}/subscriptions"),
        stranger.post(f"{path}/subscriptions/resolve", json={"mode": "all"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "connection_not_found")


def test_scopes_are_asked_for(make_api: MakeApi, by_secret: dict[str, Any], tenant: UUID) -> None:
    reader = make_api(tenant, Scope.CONNECTIONS_READ)
    assert reader.get(PATH).status_code == 200
    assert reader.post(PATH, json=by_secret).status_code == 403
    assert make_api(tenant, Scope.REPORTS_READ).get(PATH).status_code == 403


def test_a_name_is_taken_once(api: httpx.Client, cloud: Cloud, by_secret: dict[str, Any]) -> None:
    made(api, by_secret)
    taken = api.post(PATH, json={**by_secret, "name": "CONTOSO production"})
    assert (taken.status_code, taken.json()["code"]) == (409, "connection_name_taken")
    assert len(cloud.vault.values()) == 1
