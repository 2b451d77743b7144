"""Testing connections over HTTP: what a test finds, what it says of failures, and what selections mean."""

import time
from typing import Any
from uuid import UUID

import httpx
import pytest

from shared.access import Scope
from shared.azure import limiter
from shared.connections import examining
from shared.identifiers import new_id
from shared.jobs import execution
from shared.jobs.run import JobRun
from shared.services import Services
from tests.integration.connections.asking import PATH, after_test, made
from tests.integration.connections.conftest import MakeApi
from tests.simulators.cloud import Cloud
from tests.simulators.faults import Fault
from tests.simulators.resource_graph import Quota
from tests.simulators.tokens import DIRECTORY_ID
from worker.jobs.test_azure_connection import test_azure_connection as perform


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
    one = api.get(f"{PATH}/{connection['id']}/subscriptions", params={"limit": 1}).json()["items"][0]
    assert one["management_groups"], "what was said of its place before holds"


def test_subscriptions_that_resource_graph_does_not_know_yet_are_no_missing_role(
    api: httpx.Client, services: Services, cloud: Cloud, by_secret: dict[str, Any], tenant: UUID
) -> None:
    cloud.management.graph.unseen.update(cloud.estate.subscriptions)
    connection = made(api, by_secret)
    result = after_test(api, services, tenant, connection["id"])["result"]
    assert (result["success"], result["subscriptions_visible"]) == (True, 5)


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


def test_a_call_that_hangs_beyond_the_time_of_a_test_is_a_result_in_time(
    api: httpx.Client, services: Services, cloud: Cloud, by_secret: dict[str, Any], tenant: UUID
) -> None:
    connection = made(api, by_secret)
    asked = api.post(f"{PATH}/{connection['id']}/test").json()
    cloud.management.silent.set()

    def hurried(run: JobRun) -> None:
        run._deadline = time.monotonic() + 1.0
        perform(run)

    execution.execute(services, hurried, tenant_id=tenant, job_id=UUID(asked["job"]["id"]), worker="test")
    # Azure has not said a word so far.
    job = api.get(f"/api/v1/jobs/{asked['job']['id']}").json()
    cloud.management.silent.clear()
    assert cloud.management.calls, "it was asked"
    assert (job["state"], job["result"]["error_code"]) == ("succeeded", "azure_silent")
    read = api.get(f"{PATH}/{connection['id']}").json()
    assert (read["status"], read["last_test"]) == ("untested", job["result"])


def test_a_test_beside_a_fetch_waits_for_the_quota_instead_of_being_refused(  # noqa: PLR0917
    api: httpx.Client,
    services: Services,
    cloud: Cloud,
    by_secret: dict[str, Any],
    tenant: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connection = made(api, by_secret)
    monkeypatch.setattr(limiter, "WINDOW_MS", 600)
    quota = cloud.management.graph.quota = Quota(window_s=0.5)
    fetch = limiter.QueryLimiter(services.redis, queries=services.settings.azure_graph_queries)
    token = cloud.management.issuer.token(cloud.management.url).text
    services.redis.delete(limiter._key(token))
    for _ in range(quota.queries):
        fetch.enter(token, lambda _: pytest.fail("the window is new"))
        assert quota.take(cloud.management.issuer.object_id)[0]
    result = after_test(api, services, tenant, connection["id"])["result"]
    assert (result["success"], quota.refused) == (True, 0)
    # Somebody beyond our sight takes from it as well.
    cloud.management.faults.plan(Fault.THROTTLED, path="ResourceGraph")
    assert after_test(api, services, tenant, connection["id"])["result"]["success"] is True
    monkeypatch.setattr(examining, "QUOTA_PATIENCE_S", 0.5)
    cloud.management.faults.plan(Fault.THROTTLED, path="ResourceGraph")
    assert after_test(api, services, tenant, connection["id"])["state"] == "queued", "patience has an end"


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
