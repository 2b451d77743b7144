"""Connections over HTTP: made, changed, tested, looked through, deleted; secrets go in and never come out."""

import json
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

import httpx
import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import load_pem_x509_certificate
from sqlalchemy import text

from shared.access import Scope
from shared.connections import upkeep
from shared.database.session import Database
from shared.identifiers import new_id
from shared.jobs import execution
from shared.jobs.run import JobRun
from shared.services import Services
from tests.integration.connections.conftest import MakeApi
from tests.simulators.cloud import Cloud
from tests.simulators.faults import Fault
from tests.simulators.tokens import DIRECTORY_ID
from worker.jobs.test_azure_connection import test_azure_connection as perform

PATH = "/api/v1/connections"
SECRET = "Q~correct-horse-battery-staple-0123456789"


@pytest.fixture
def by_secret(cloud: Cloud) -> dict[str, Any]:
    """What is sent for a connection by secret, which Entra accepts."""
    cloud.entra.secret = SECRET
    return {
        "name": "Contoso production",
        "kind": "service_principal_secret",
        "directory_id": DIRECTORY_ID,
        "application_id": cloud.entra.client_id,
        "secret": SECRET,
    }


def made(api: httpx.Client, body: dict[str, Any]) -> dict[str, Any]:
    answer = api.post(PATH, json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def after_test(api: httpx.Client, services: Services, tenant: UUID, connection_id: str) -> dict[str, Any]:
    """Ask for a test, do it, and return the job."""
    asked = api.post(f"{PATH}/{connection_id}/test")
    assert asked.status_code == 202, asked.text
    job_id = UUID(asked.json()["job"]["id"])
    execution.execute(services, perform, tenant_id=tenant, job_id=job_id, worker="test")
    answer = api.get(asked.headers["Location"])
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


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


def test_a_test_signs_in_and_lists_what_it_sees(
    api: httpx.Client, services: Services, cloud: Cloud, by_secret: dict[str, Any], tenant: UUID
) -> None:
    connection = made(api, by_secret)
    job = after_test(api, services, tenant, connection["id"])
    assert job["state"] == "succeeded"
    assert job["result"]["success"] is True, job
    assert job["result"]["subscriptions_visible"] == 5
    assert job["result"]["missing_permissions"] == []
    read = api.get(f"{PATH}/{connection['id']}").json()
    assert (read["status"], read["last_test"], read["test_job_id"]) == ("working", job["result"], job["id"])
    page = api.get(f"{PATH}/{connection['id']}/subscriptions", params={"limit": 2}).json()
    assert [len(page["items"]), page["next_cursor"] is not None] == [2, True]
    one = page["items"][0]
    known = cloud.estate.subscriptions[one["subscription_id"]]
    assert (one["name"], one["state"], one["tags"]) == (known.name, known.state, known.tags)
    assert [group["id"] for group in one["management_groups"]] == [*reversed(cloud.estate.chain(known))]
    assert api.get(f"{PATH}/{connection['id']}/subscriptions", params={"tag": "costcenter", "tag_value": "CC-00"}).json()


def test_selections_mean_subscriptions(
    api: httpx.Client, services: Services, cloud: Cloud, by_secret: dict[str, Any], tenant: UUID
) -> None:
    connection = made(api, by_secret)
    path = f"{PATH}/{connection['id']}/subscriptions/resolve"
    assert api.post(path, json={"mode": "all"}).json()["code"] == "subscriptions_unknown"
    after_test(api, services, tenant, connection["id"])
    known = list(cloud.estate.subscriptions.values())
    stranger = str(new_id())
    for chosen, ids, unknown in (
        ({"mode": "all"}, {one.id for one in known}, []),
        ({"mode": "some", "subscription_ids": [known[0].id.upper(), stranger]}, {known[0].id}, [stranger]),
        (
            {"mode": "tag", "tag": "COSTCENTER", "tag_values": ["CC-00", "CC-01"]},
            {one.id for one in known if one.tags["costCenter"] in {"CC-00", "CC-01"}},
            [],
        ),
        ({"mode": "tag", "tag": "environment"}, {one.id for one in known}, []),
        ({"mode": "tag", "tag": "x') or true --"}, set(), []),
        (
            {"mode": "management_group", "management_groups": [known[0].management_group.upper()]},
            {one.id for one in known if one.management_group == known[0].management_group},
            [],
        ),
        ({"mode": "management_group", "management_groups": [DIRECTORY_ID]}, {one.id for one in known}, []),
    ):
        found = api.post(path, json=chosen).json()
        assert (set(found["subscription_ids"]), found["unknown"]) == (ids, unknown), chosen


@pytest.mark.parametrize(
    ("code", "reason"), [(7000222, "secret_expired"), (53003, "conditional_access"), (987654, "sign_in_refused")]
)
def test_a_test_that_is_refused_is_a_result_with_a_next_step(  # noqa: PLR0917
    api: httpx.Client,
    services: Services,
    cloud: Cloud,
    by_secret: dict[str, Any],
    tenant: UUID,
    code: int,
    reason: str,
) -> None:
    connection = made(api, by_secret)
    assert after_test(api, services, tenant, connection["id"])["result"]["success"] is True
    cloud.entra.refuse_with = code
    job = after_test(api, services, tenant, connection["id"])
    assert (job["state"], job["attempt"]) == ("succeeded", 1)
    assert (job["result"]["success"], job["result"]["error_code"]) == (False, reason)
    assert f"AADSTS{code}" in job["result"]["message"]
    assert job["result"]["next_step"]
    assert api.get(f"{PATH}/{connection['id']}").json()["status"] == "failing"


def test_a_missing_role_is_named(
    api: httpx.Client, services: Services, cloud: Cloud, by_secret: dict[str, Any], tenant: UUID
) -> None:
    connection = made(api, by_secret)
    cloud.management.faults.plan(Fault.FORBIDDEN, path="Microsoft.Advisor/recommendations", times=3)
    result = after_test(api, services, tenant, connection["id"])["result"]
    assert (result["success"], result["error_code"]) == (False, "permission_missing")
    assert result["missing_permissions"] == ["Microsoft.Advisor/recommendations/read"]
    assert result["subscriptions_visible"] == 5
    cloud.management.faults.plan(Fault.FORBIDDEN, path="ResourceGraph")
    result = after_test(api, services, tenant, connection["id"])["result"]
    assert result["missing_permissions"] == ["Microsoft.ResourceGraph/resources/read"]


def test_no_subscription_is_told(
    api: httpx.Client, services: Services, cloud: Cloud, by_secret: dict[str, Any], tenant: UUID
) -> None:
    connection = made(api, by_secret)
    cloud.estate.subscriptions.clear()
    result = after_test(api, services, tenant, connection["id"])["result"]
    assert (result["success"], result["error_code"], result["subscriptions_visible"]) == (False, "no_subscriptions", 0)


def test_what_may_pass_is_tried_once_more_and_is_a_result_then(  # noqa: PLR0917
    api: httpx.Client, services: Services, cloud: Cloud, by_secret: dict[str, Any], tenant: UUID, superuser: Any
) -> None:
    connection = made(api, by_secret)
    cloud.management.faults.plan(Fault.AWAY, path="subscriptions", times=2)
    job = after_test(api, services, tenant, connection["id"])
    assert (job["state"], job["attempt"], job["result"]) == ("queued", 1, None)
    again = api.post(f"{PATH}/{connection['id']}/test").json()
    assert again["job"]["id"] == job["id"], "one test at a time"
    superuser.execute("update job set run_after = now() where id = %s", [job["id"]])
    execution.execute(services, perform, tenant_id=tenant, job_id=UUID(job["id"]), worker="test")
    job = api.get(f"/api/v1/jobs/{job['id']}").json()
    assert (job["state"], job["attempt"], job["result"]["error_code"]) == ("succeeded", 2, "azure_service_failed")
    read = api.get(f"{PATH}/{connection['id']}").json()
    assert (read["status"], read["last_test"]) == ("untested", job["result"]), "a bad moment of Azure says nothing of it"
    assert after_test(api, services, tenant, connection["id"])["result"]["success"] is True


def test_an_azure_that_is_silent_is_a_result_as_well(
    api: httpx.Client, services: Services, by_secret: dict[str, Any], tenant: UUID
) -> None:
    connection = made(api, by_secret)
    asked = api.post(f"{PATH}/{connection['id']}/test").json()

    def late(run: JobRun) -> None:
        run._deadline = 0.0
        perform(run)

    execution.execute(services, late, tenant_id=tenant, job_id=UUID(asked["job"]["id"]), worker="test")
    job = api.get(f"/api/v1/jobs/{asked['job']['id']}").json()
    assert (job["state"], job["result"]["error_code"]) == ("succeeded", "azure_silent")
    read = api.get(f"{PATH}/{connection['id']}").json()
    assert (read["status"], read["last_test"]) == ("untested", job["result"])


def test_a_connection_that_changed_meanwhile_keeps_no_result_of_before(
    api: httpx.Client, services: Services, cloud: Cloud, by_secret: dict[str, Any], tenant: UUID
) -> None:
    connection = made(api, by_secret)
    asked = api.post(f"{PATH}/{connection['id']}/test").json()

    class Interrupting:
        def __call__(self, run: Any) -> None:
            real = run.report_progress

            def change(*arguments: Any) -> None:
                real(*arguments)
                answer = api.patch(
                    f"{PATH}/{connection['id']}", json={"directory_id": str(new_id())}, headers={"If-Match": "*"}
                )
                assert answer.status_code == 200, answer.text

            run.report_progress = change
            perform(run)

    execution.execute(services, Interrupting(), tenant_id=tenant, job_id=UUID(asked["job"]["id"]), worker="test")
    read = api.get(f"{PATH}/{connection['id']}").json()
    assert (read["status"], read["last_test"], read["subscriptions_visible"]) == ("untested", None, 0)


def test_a_new_secret_is_a_new_version_and_the_old_one_goes_out_of_use(
    api: httpx.Client, services: Services, cloud: Cloud, by_secret: dict[str, Any], tenant: UUID
) -> None:
    connection = made(api, by_secret)
    ((first,),) = cloud.vault.secrets.values()
    # Of versions of one second the vault does not tell which came later.
    first.created -= 2
    after_test(api, services, tenant, connection["id"])
    path = f"{PATH}/{connection['id']}"
    assert api.patch(path, json={"secret": "n" * 40}).status_code == 428
    stale = api.patch(path, json={"secret": "n" * 40}, headers={"If-Match": '"7"'})
    assert (stale.status_code, cloud.vault.values()) == (412, [SECRET])
    cloud.entra.secret = "n" * 40
    changed = api.patch(path, json={"secret": "n" * 40}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["status"], changed.json()["version"]) == (200, "untested", 2)
    assert changed.json()["subscriptions_visible"] == 5, "it still is the same application"
    assert after_test(api, services, tenant, connection["id"])["result"]["success"] is True
    upkeep.tidy(services)
    ((_, second),) = cloud.vault.secrets.values()
    assert (first.enabled, second.enabled, second.value) == (False, True, "n" * 40)


def test_a_certificate_is_checked_and_its_end_and_thumbprint_are_shown(
    api: httpx.Client, services: Services, cloud: Cloud, by_secret: dict[str, Any], tenant: UUID
) -> None:
    certificate = trustme.CA().issue_cert("app.example.com", key_type=trustme.KeyType.RSA)
    own = load_pem_x509_certificate(certificate.cert_chain_pems[0].bytes())
    public = own.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    cloud.entra.certificate_key = public
    pem = certificate.private_key_and_cert_chain_pem.bytes().decode()
    body = {name: by_secret[name] for name in ("name", "directory_id", "application_id")}
    body |= {"kind": "service_principal_certificate"}
    refused = api.post(PATH, json={**body, "certificate": certificate.cert_chain_pems[0].bytes().decode()})
    assert (refused.status_code, refused.json()["code"]) == (400, "certificate_invalid")
    answer = api.post(PATH, json={**body, "certificate": pem})
    assert answer.status_code == 201, answer.text
    assert "PRIVATE KEY" not in answer.text
    connection = answer.json()
    assert datetime.fromisoformat(connection["secret_expires_at"]) == own.not_valid_after_utc
    assert len(connection["certificate_thumbprint"]) == 40
    assert after_test(api, services, tenant, connection["id"])["result"]["success"] is True


def test_the_installation_s_own_identity_is_for_administrators_to_lend(
    api: httpx.Client, make_api: MakeApi, services: Services, cloud: Cloud, tenant: UUID
) -> None:
    body = {"name": "Own", "kind": "managed_identity", "directory_id": str(new_id())}
    refused = make_api(tenant, Scope.CONNECTIONS_WRITE).post(PATH, json=body)
    assert (refused.status_code, refused.json()["detail"]) == (403, "The API key lacks the scope admin.")
    connection = made(api, body)
    result = after_test(api, services, tenant, connection["id"])["result"]
    assert result["error_code"] == "no_subscriptions", "another directory's subscriptions do not count"
    writer = make_api(tenant, Scope.CONNECTIONS_WRITE, Scope.CONNECTIONS_READ)
    path = f"{PATH}/{connection['id']}"
    any_version = {"If-Match": "*"}
    assert writer.patch(path, json={"directory_id": DIRECTORY_ID}, headers=any_version).status_code == 403
    assert writer.patch(path, json={"name": "Ours"}, headers=any_version).status_code == 200
    assert api.patch(path, json={"directory_id": DIRECTORY_ID}, headers=any_version).status_code == 200
    assert after_test(api, services, tenant, connection["id"])["result"]["subscriptions_visible"] == 5


def test_deleting_purges_the_secret_as_soon_as_the_vault_answers(
    api: httpx.Client, services: Services, cloud: Cloud, by_secret: dict[str, Any], superuser: Any
) -> None:
    connection = made(api, by_secret)
    cloud.vault.fault = HTTPStatus.SERVICE_UNAVAILABLE
    assert api.delete(f"{PATH}/{connection['id']}").status_code == 204
    assert api.get(f"{PATH}/{connection['id']}").status_code == 404
    assert api.delete(f"{PATH}/{connection['id']}").status_code == 404
    _make_due(superuser)
    assert upkeep.tidy(services) == "tidied 0, 1 wait"
    cloud.vault.fault = None
    cloud.vault.deleting_takes = 1
    _make_due(superuser)
    upkeep.tidy(services)
    _make_due(superuser)
    upkeep.tidy(services)
    assert (cloud.vault.values(), len(cloud.vault.purged)) == ([], 1)
    _make_due(superuser)
    assert upkeep.tidy(services) == "tidied 0"
    assert made(api, by_secret)["id"] != connection["id"], "the name is free again"


def test_a_client_s_connections_go_with_it(
    api: httpx.Client, services: Services, cloud: Cloud, by_secret: dict[str, Any]
) -> None:
    client = api.post("/api/v1/clients", json={"name": "Contoso"}).json()
    connection = made(api, {**by_secret, "client_id": client["id"]})
    assert api.delete(f"/api/v1/clients/{client['id']}").status_code == 204
    assert api.get(f"{PATH}/{connection['id']}").status_code == 404
    upkeep.tidy(services)
    assert cloud.vault.values() == []


def test_a_secret_whose_connection_was_never_written_is_removed(
    api: httpx.Client, services: Services, cloud: Cloud, by_secret: dict[str, Any], superuser: Any
) -> None:
    superuser.execute("alter table azure_connection rename to azure_connection_away")
    try:
        assert api.post(PATH, json=by_secret).status_code == 500
    finally:
        superuser.execute("alter table azure_connection_away rename to azure_connection")
    assert not cloud.vault.values(), "the first look at the table came before the vault"
    # The process dies between vault and row: the note is all there is.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shared.connections.connections.create", _die)
        assert api.post(PATH, json=by_secret).status_code == 500
    assert cloud.vault.values() == [SECRET]
    upkeep.tidy(services)
    assert cloud.vault.values() == [SECRET], "somebody may be about to write the row"
    _make_due(superuser)
    upkeep.tidy(services)
    assert cloud.vault.values() == []


def test_purge_protection_is_not_fought(
    api: httpx.Client, services: Services, cloud: Cloud, by_secret: dict[str, Any], system_database: Database
) -> None:
    connection = made(api, by_secret)
    cloud.vault.purge_protection = True
    api.delete(f"{PATH}/{connection['id']}")
    upkeep.tidy(services)
    assert list(cloud.vault.deleted), "the vault ends it by its own retention"
    with system_database.across_tenants() as session:
        left = session.scalar(
            text("select count(*) from secret_upkeep where connection_id = :id"), {"id": UUID(connection["id"])}
        )
    assert left == 0


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


def test_a_vault_that_is_away_makes_no_connection(api: httpx.Client, cloud: Cloud, by_secret: dict[str, Any]) -> None:
    cloud.vault.fault = HTTPStatus.SERVICE_UNAVAILABLE
    answer = api.post(PATH, json=by_secret)
    assert (answer.status_code, answer.json()["code"]) == (503, "vault_unavailable")
    assert SECRET not in answer.text
    assert api.get(PATH).json()["items"] == []


def _make_due(superuser: Any) -> None:
    superuser.execute("update secret_upkeep set due_at = now()")


def _die(*_: Any, **__: Any) -> None:
    raise RuntimeError("the process dies here")
