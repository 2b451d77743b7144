"""Connections as credentials: what goes wrong at Azure, in Entra and in the vault, told apart and told once."""

import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

import psycopg
import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import load_pem_x509_certificate
from sqlalchemy import select

from shared.azure.errors import AzureAuthenticationError
from shared.connections import connections
from shared.credential_health import checking
from shared.credential_health.providers import AZURE_AT_ONCE
from shared.credential_health.slots import Slots
from shared.database.tables import CredentialHealth, Job
from shared.jobs import execution
from tests.integration.credential_health.conftest import HEALTH, Ground
from tests.simulators.faults import Fault
from worker.jobs.check_credential_health import check_credential_health

_SECRET_WRONG = 7000215
_EVENTS = ("credential.failed", "credential.recovered", "credential.expiring")


def test_a_refused_secret_is_told_once_with_who_depends_on_it_and_so_is_its_recovery(ground: Ground) -> None:
    client_id = ground.api.post("/api/v1/clients", json={"name": "Contoso"}).json()["id"]
    connection = ground.connection(client_id=client_id)
    schedule = {
        "name": "Monday",
        "when": {"kind": "cron", "expression": "0 6 * * MON"},
        "time_zone": "UTC",
        "work": {"kind": "report", "client_ids": [client_id], "source": "live"},
    }
    answer = ground.api.post("/api/v1/schedules", json=schedule)
    assert answer.status_code == 201, answer.text
    assert ground.health(connection)["state"] == "unchecked"
    ground.check()
    healthy = ground.health(connection)
    assert (healthy["state"], healthy["code"], healthy["consecutive_failures"]) == ("healthy", "ok", 0)

    ground.cloud.entra.refuse_with = _SECRET_WRONG
    ground.check(5)
    failing = ground.health(connection)
    assert (failing["state"], failing["code"], failing["consecutive_failures"]) == ("invalid", "secret_wrong", 5)
    assert failing["incident_open"] is True
    assert "AADSTS7000215" in failing["message"]
    assert failing["next_step"]
    (told,) = ground.events(*_EVENTS)
    assert told["dependents"] == {
        "schedule_ids": [answer.json()["id"]],
        "client_ids": [client_id],
        "has_more_clients": False,
    }
    assert (told["consecutive_failures"], told["is_reminder"], told["error_code"]) == (3, False, "secret_wrong")
    assert told["link"] == f"{HEALTH}/{connection}"
    # Those who follow connections heard of it at the first refusal.
    assert len(ground.events("connection.failed")) == 1
    assert ground.api.get(f"/api/v1/connections/{connection}").json()["status"] == "failing"

    ground.cloud.entra.refuse_with = None
    ground.check()
    assert ground.health(connection)["incident_open"] is True
    ground.check()
    recovered = ground.health(connection)
    assert (recovered["incident_open"], recovered["failing_since"]) == (False, None)
    assert [event["type"] for event in ground.events(*_EVENTS)] == ["credential.failed", "credential.recovered"]

    history = ground.history(connection)
    assert [check["state"] for check in history] == ["healthy"] * 2 + ["invalid"] * 5 + ["healthy"]
    assert {check["trigger"] for check in history} == {"scheduled"}
    assert all(check["duration_ms"] >= 0 and check["job_id"] for check in history)


def test_a_schedule_for_all_clients_makes_all_of_them_depend_on_its_connection(ground: Ground) -> None:
    connection = ground.connection()
    schedule = {
        "name": "Everybody",
        "when": {"kind": "cron", "expression": "0 6 * * MON"},
        "time_zone": "UTC",
        "work": {"kind": "report", "all_clients": True, "source": "live", "live": {"connection_id": connection}},
    }
    answer = ground.api.post("/api/v1/schedules", json=schedule)
    assert answer.status_code == 201, answer.text
    ground.cloud.entra.refuse_with = _SECRET_WRONG
    ground.check(3)
    (told,) = ground.events(*_EVENTS)
    assert told["dependents"] == {"schedule_ids": [answer.json()["id"]], "client_ids": [], "has_more_clients": True}


@pytest.mark.parametrize("outage", ["vault", "entra", "management"])
def test_an_outage_counts_neither_for_nor_against_a_credential(ground: Ground, outage: str) -> None:
    connection = ground.connection()
    ground.check()
    ground.cloud.entra.refuse_with = _SECRET_WRONG
    ground.check(2)
    ground.cloud.entra.refuse_with = None
    if outage == "vault":
        ground.cloud.vault.fault = HTTPStatus.SERVICE_UNAVAILABLE
    elif outage == "entra":
        ground.cloud.entra.fault = (HTTPStatus.SERVICE_UNAVAILABLE, {})
    else:
        ground.cloud.management.faults.plan(Fault.AWAY, times=1000)
    ground.check(3)
    away = ground.health(connection)
    assert (away["state"], away["consecutive_failures"]) == ("unreachable", 2)
    assert away["code"] in {"vault_unavailable", "azure_service_failed", "azure_throttled"}
    assert ground.events(*_EVENTS) == []
    # It is looked at again soon.
    assert datetime.fromisoformat(away["next_check_at"]) - datetime.now(UTC) < timedelta(hours=2)
    ground.cloud.vault.fault = ground.cloud.entra.fault = None
    ground.cloud.management.faults.planned.clear()
    ground.cloud.entra.refuse_with = _SECRET_WRONG
    ground.check()
    assert [event["consecutive_failures"] for event in ground.events(*_EVENTS)] == [3]


def test_a_permission_that_was_taken_away_is_named(ground: Ground) -> None:
    connection = ground.connection()
    ground.cloud.management.faults.plan(Fault.FORBIDDEN, path="Microsoft.Advisor/recommendations", times=1000)
    ground.check()
    found = ground.health(connection)
    assert (found["state"], found["code"]) == ("insufficient", "permission_missing")
    assert found["missing_permissions"] == ["Microsoft.Advisor/recommendations/read"]


def test_an_end_that_the_vault_knows_is_told_at_each_threshold_once_and_again_after_renewal(ground: Ground) -> None:
    connection = ground.connection()
    ground.check()
    assert ground.health(connection)["expires_at"] is None
    versions = next(kept for name, kept in ground.cloud.vault.secrets.items() if connection in name)
    versions[-1].expires = int((datetime.now(UTC) + timedelta(days=7)).timestamp())
    ground.check(3)
    found = ground.health(connection)
    assert (found["state"], found["days_left"]) == ("expiring", 7)
    (told,) = ground.events(*_EVENTS)
    assert (told["type"], told["days_left"], told["name"]) == ("credential.expiring", 7, "Contoso")
    # Renewed, for four weeks: told from its own threshold on.
    ends = datetime.now(UTC) + timedelta(days=28)
    change = {"secret": "Q~another-horse-0123456789", "secret_expires_at": ends.isoformat()}
    ground.cloud.entra.secret = change["secret"]
    answer = ground.api.patch(f"/api/v1/connections/{connection}", json=change, headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.text
    assert ground.health(connection)["state"] == "unchecked"
    ground.check(2)
    assert [event["days_left"] for event in ground.events(*_EVENTS)] == [7, 28]


def test_a_certificate_that_ends_in_seven_days_is_told(ground: Ground) -> None:
    ends = datetime.now(UTC) + timedelta(days=7)
    made = trustme.CA().issue_cert("app.example.com", key_type=trustme.KeyType.RSA, not_after=ends)
    pem = made.private_key_and_cert_chain_pem.bytes()
    public = load_pem_x509_certificate(made.cert_chain_pems[0].bytes()).public_key()
    assert isinstance(public, RSAPublicKey)
    ground.cloud.entra.certificate_key = public
    connection = ground.connection(kind="service_principal_certificate", certificate=pem.decode(), secret=None)
    ground.check(2)
    found = ground.health(connection)
    assert (found["state"], found["days_left"]) == ("expiring", 7)
    (told,) = ground.events(*_EVENTS)
    assert (told["type"], told["days_left"]) == ("credential.expiring", 7)


def test_a_check_for_which_there_is_no_place_comes_back_and_costs_no_attempt(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = ground.connection()
    monkeypatch.setattr(checking, "PATIENCE_S", 0.0)
    slots = Slots(ground.services.redis)
    asked = ground.api.post(f"{HEALTH}/{connection}/checks")
    job_id = UUID(asked.json()["job"]["id"])
    with ExitStack() as taken:
        for number in range(AZURE_AT_ONCE):
            held = slots.held("azure", f"test {number}", most=AZURE_AT_ONCE, lease_s=60, patience_s=0, wait=time.sleep)
            assert taken.enter_context(held)
        execution.execute(ground.services, check_credential_health, tenant_id=ground.tenant_id, job_id=job_id, worker="test")
        waiting = ground.api.get(asked.headers["Location"]).json()
        assert (waiting["state"], waiting["max_attempts"] - waiting["attempt"]) == ("queued", 3)
    (check,) = ground.result(asked)["checks"]
    assert (check["state"], check["was_checked"]) == ("healthy", True)


def test_a_tick_asks_for_each_check_once_and_spreads_the_next_ones(ground: Ground, neighbour: Ground) -> None:
    made = [ground.connection(f"Connection {number}") for number in range(4)]
    neighbour.connection()
    assert ground.tick() == "asked for 2 tenants"
    # Nobody did the work yet: it is not asked for again.
    assert ground.tick() == "asked for 0 tenants"
    assert ground.work() == 1 + 4
    assert ground.checks_made() == 4
    assert neighbour.checks_made() == 0
    ground.tick()
    assert ground.work() == 0
    due = [datetime.fromisoformat(ground.health(connection)["next_check_at"]) for connection in made]
    assert len(set(due)) == 4
    for at in due:
        assert timedelta(hours=3) <= at - datetime.now(UTC) + timedelta(minutes=5)


def test_credentials_from_before_there_were_checks_are_enrolled(ground: Ground) -> None:
    connection = ground.connection()
    with ground.services.database.tenant(ground.tenant_id) as session:
        session.delete(session.get_one(CredentialHealth, connection))
    assert ground.api.get(f"{HEALTH}/{connection}").status_code == 404
    ground.tick()
    ground.work()
    assert ground.health(connection)["state"] == "unchecked"
    ground.check()
    assert ground.health(connection)["state"] == "healthy"


def test_a_credential_that_was_removed_past_the_product_is_forgotten(ground: Ground, superuser: psycopg.Connection) -> None:
    gone, left = ground.connection("Gone"), ground.connection("Left")
    superuser.execute("delete from azure_connection where id = %s", (gone,))
    ground.check()
    with ground.services.database.tenant(ground.tenant_id) as session:
        assert [str(row) for row in session.scalars(select(CredentialHealth.id))] == [left]


def test_whoever_was_refused_with_it_has_a_credential_checked_at_once(ground: Ground) -> None:
    connection = ground.connection()
    ground.check()
    assert ground.tick() == "asked for 0 tenants"
    refused = AzureAuthenticationError("The secret has expired.", reason="secret_expired", next_step="Make a new one.")
    with ground.services.database.tenant(ground.tenant_id) as session:
        connections.mark_failing(session, UUID(connection), refused)
    assert ground.tick() == "asked for 1 tenants"


def test_a_test_of_a_connection_is_a_check_of_its_credential(ground: Ground) -> None:
    connection = ground.connection()
    ground.cloud.entra.refuse_with = _SECRET_WRONG
    ground.api.post(f"/api/v1/connections/{connection}/test")
    ground.work()
    found = ground.health(connection)
    assert (found["state"], found["consecutive_failures"]) == ("invalid", 1)
    assert [check["trigger"] for check in ground.history(connection)] == ["test"]
    # Whoever tests again and again learns one thing, not many.
    for _ in range(3):
        ground.api.post(f"/api/v1/connections/{connection}/test")
        ground.work()
    assert ground.health(connection)["consecutive_failures"] == 1
    assert ground.events(*_EVENTS) == []


def test_a_check_by_hand_answers_as_a_scheduled_one_and_is_not_made_twice(ground: Ground) -> None:
    connection = ground.connection()
    ground.check()
    scheduled = _results(ground)[0]["checks"]
    first, again = (ground.api.post(f"{HEALTH}/{connection}/checks") for _ in range(2))
    assert first.json()["job"]["id"] == again.json()["job"]["id"]
    assert ground.health(connection)["job_id"] == first.json()["job"]["id"]
    # While one is under way, nobody else checks the same credential.
    wanted = {"provider": "azure", "credential_type": "service_principal_secret"}
    all_of_type = ground.api.post(f"{HEALTH}/checks", json=wanted)
    everything = ground.api.post(f"{HEALTH}/checks", json={})
    by_hand = ground.result(first)["checks"]
    assert by_hand[0].keys() == scheduled[0].keys()
    assert {**by_hand[0], "checked_at": 0} == {**scheduled[0], "checked_at": 0}
    # Those who asked before it was made have their answer by it.
    (of_type,) = ground.result(all_of_type)["checks"]
    assert (of_type["credential_id"], of_type["state"], of_type["was_checked"]) == (connection, "healthy", False)
    assert ground.result(everything)["asked_for"] == 0
    assert ground.checks_made() == 2
    (of_type,) = ground.result(ground.api.post(f"{HEALTH}/checks", json=wanted))["checks"]
    assert {**of_type, "checked_at": 0} == {**scheduled[0], "checked_at": 0}
    assert ground.api.post(f"{HEALTH}/checks", json={**wanted, "provider": "gcp"}).status_code == 400
    assert ground.api.post(f"{HEALTH}/checks", json={"provider": "azure"}).status_code == 422


def test_a_credential_that_was_just_refused_is_left_alone_until_it_is_changed(ground: Ground) -> None:
    connection = ground.connection()
    ground.cloud.entra.refuse_with = _SECRET_WRONG
    ground.check()
    asked = len(ground.cloud.entra.refusals)
    answer = ground.api.post(f"{HEALTH}/{connection}/checks")
    assert (answer.status_code, answer.json()["code"]) == (409, "credential_resting")
    wanted = {"provider": "azure", "credential_type": "service_principal_secret"}
    (resting,) = ground.result(ground.api.post(f"{HEALTH}/checks", json=wanted))["checks"]
    assert (resting["was_checked"], resting["state"]) == (False, "invalid")
    assert "left alone" in resting["note"]
    assert len(ground.cloud.entra.refusals) == asked
    ground.cloud.entra.refuse_with = None
    ground.cloud.entra.secret = "Q~another-horse-0123456789"
    change = {"secret": ground.cloud.entra.secret}
    ground.api.patch(f"/api/v1/connections/{connection}", json=change, headers={"If-Match": "*"})
    result = ground.result(ground.api.post(f"{HEALTH}/{connection}/checks"))
    assert [check["state"] for check in result["checks"]] == ["healthy"]


def test_a_deleted_connection_is_checked_no_more(ground: Ground) -> None:
    connection = ground.connection()
    ground.tick()
    assert ground.api.delete(f"/api/v1/connections/{connection}").status_code == 204
    ground.work()
    assert ground.api.get(f"{HEALTH}/{connection}").status_code == 404
    assert ground.api.get(HEALTH).json()["items"] == []
    assert ground.checks_made() == 0


def _results(ground: Ground) -> list[dict[str, Any]]:
    with ground.services.database.tenant(ground.tenant_id) as session:
        jobs = select(Job).where(Job.kind == "check_credential_health").order_by(Job.id.desc())
        return [job.result or {} for job in session.scalars(jobs)]
