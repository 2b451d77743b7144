"""Live reports and statistics as callers meet them."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from httpx import Client

from function_app.api.routers import statistics
from shared.azure import calls, kept_statistics, syncing
from shared.services import Services
from tests.integration.api.conftest import make_key as _make_key
from tests.integration.api.serving import caller, serving
from tests.integration.azure.conftest import Tenancy
from tests.integration.jobs.waiting import until
from tests.simulators.azure_management import AzureManagement
from tests.simulators.faults import Fault

make_key = _make_key
_NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def api(services: Services, tenant: UUID, make_key: Callable[..., str]) -> Iterator[Client]:
    with serving(services) as served:
        yield caller(served, make_key(tenant))


def _order(api: Client, tenancy: Tenancy, **live: Any) -> Any:
    wanted = {"connection_id": str(tenancy.connection_id), **live}
    return api.post("/api/v1/reports", json={"client_id": str(tenancy.client_id), "formats": ["csv"], "live": wanted})


def test_live_report_is_ordered_read_and_told(api: Client, tenancy: Tenancy) -> None:
    answer = _order(
        api,
        tenancy,
        filters={"categories": ["Cost"], "impacts": ["High", "Medium"], "tag": {"name": "owner"}},
        selection={"mode": "tag", "tag": "environment"},
        keep_put_aside=True,
    )
    assert answer.status_code == 202, answer.text
    report = answer.json()["report"]
    assert (report["source"], report["fetch"], report["snapshot"]) == ("live", None, None)
    assert answer.json()["job"]["kind"] == "fetch_azure_recommendations"
    assert tenancy.run(UUID(report["id"])) == "succeeded"
    read = api.get(f"/api/v1/reports/{report['id']}").json()
    assert read["fetch"]["subscriptions_read"] == 5
    assert read["fetch"]["filters"]["categories"] == ["Cost"]
    assert read["snapshot"]["source_format"] == "azure_live"
    assert any("5 of 5 subscriptions" in note["message"] for note in read["snapshot"]["notes"])
    rows = api.get(f"/api/v1/reports/{report['id']}/recommendations?limit=200").json()["items"]
    assert {row["category"] for row in rows} == {"Cost"}
    assert {row["standing"] for row in rows} >= {"active"}
    again = api.post(
        "/api/v1/reports",
        json={"client_id": str(tenancy.client_id), "formats": ["xlsx"], "snapshot_id": read["snapshot"]["id"]},
    )
    assert again.status_code == 202, again.text
    assert again.json()["job"]["kind"] == "generate_report"
    assert again.json()["report"]["fetch"] == read["fetch"]


@pytest.mark.parametrize(
    ("live", "status", "code"),
    [
        ({"connection_id": _NOBODY}, 404, "connection_not_found"),
        ({"connection_id": "x"}, 422, None),
        ({"filters": {"categories": ["Money"]}}, 422, None),
        ({"filters": {"resource_groups": ["rg' or true"]}}, 400, "filter_invalid"),
        ({"filters": {"resource_types": ["vm"]}}, 400, "filter_invalid"),
        ({"filters": {"tag": {"name": "a<b"}}}, 400, "filter_invalid"),
        ({"filters": {"categories": ["Other"]}}, 400, "filter_invalid"),
        ({"selection": {"mode": "tag"}}, 400, "selection_invalid"),
        ({"query": "resources"}, 422, None),
    ],
)
def test_order_that_cannot_be_carried_out_says_why(
    api: Client, tenancy: Tenancy, live: dict[str, Any], status: int, code: str | None
) -> None:
    answer = _order(api, tenancy, **live)
    assert answer.status_code == status, answer.text
    assert code is None or answer.json()["code"] == code


def test_snapshot_of_nobody_is_not_found(api: Client, tenancy: Tenancy) -> None:
    wanted = {"client_id": str(tenancy.client_id), "snapshot_id": _NOBODY}
    assert api.post("/api/v1/reports", json=wanted).json()["code"] == "snapshot_not_found"


def test_statistics_are_answered_from_a_cache(api: Client, tenancy: Tenancy, azure: AzureManagement) -> None:
    path = f"/api/v1/connections/{tenancy.connection_id}"
    first = api.get(f"{path}/statistics").json()
    asked = len(azure.calls)
    second = api.get(f"{path}/statistics").json()
    assert (first["cached"], second["cached"]) == (False, True)
    assert {**first, "cached": True} == second
    assert len(azure.calls) == asked
    sync = api.post(f"{path}/sync")
    assert sync.status_code == 202
    assert sync.json()["kind"] == "sync_azure_statistics"
    assert sync.headers["Location"] == f"/api/v1/jobs/{sync.json()['id']}"
    assert api.post(f"{path}/sync").json()["id"] == sync.json()["id"], "one that waits serves all"
    for method, noun in (("GET", "statistics"), ("POST", "sync")):
        assert api.request(method, f"/api/v1/connections/{_NOBODY}/{noun}").status_code == 404


@pytest.mark.parametrize("why", ["there is much to read", "nobody knew how much", "Azure takes its time"])
def test_statistics_that_take_long_are_read_by_one_job(
    api: Client, tenancy: Tenancy, azure: AzureManagement, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    path = f"/api/v1/connections/{tenancy.connection_id}/statistics"
    if why == "there is much to read":
        # A look at them tells how many there are.
        assert api.get(path).status_code == 200
        tenancy.services.redis.flushdb()
    if why != "Azure takes its time":
        monkeypatch.setattr(syncing, "MOST_AT_A_GLANCE", 4)
    else:
        monkeypatch.setattr(statistics, "_PATIENCE_S", -1.0)
    first = api.get(path)
    asked = len(azure.calls)
    second = api.get(path)
    assert (first.status_code, second.status_code) == (202, 202), first.text
    assert first.headers["Location"] == second.headers["Location"] == f"/api/v1/jobs/{first.json()['id']}"
    assert int(first.headers["Retry-After"]) > 0
    assert len(azure.calls) == asked, "nobody but the job asks Azure"
    assert tenancy.sync(first.json()["id"]) == "succeeded"
    assert (api.get(path).status_code, api.get(path).json()["cached"]) == (200, True)


def test_readers_that_wait_for_azure_take_no_thread_from_others(
    api: Client, tenancy: Tenancy, azure: AzureManagement
) -> None:
    path = f"/api/v1/connections/{tenancy.connection_id}"

    def waiting() -> int:
        return sum(len(vars(look)["_done_callbacks"]) for look in kept_statistics._looks.values())

    azure.silent.set()
    with ThreadPoolExecutor(60) as callers:
        try:
            readers = [callers.submit(api.get, f"{path}/statistics") for _ in range(60)]
            until(lambda: waiting() == 60, "readers that wait")
            assert api.get(path).status_code == 200
            assert not any(reader.done() for reader in readers)
        finally:
            azure.silent.clear()
        answers = [reader.result().json() for reader in readers]
    assert Counter(answer["cached"] for answer in answers) == {False: 1, True: 59}
    assert len({answer["as_of"] for answer in answers}) == 1


def test_reader_is_answered_however_long_azure_is_silent(
    api: Client, tenancy: Tenancy, azure: AzureManagement, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/api/v1/connections/{tenancy.connection_id}/statistics"
    monkeypatch.setattr(statistics, "_PATIENCE_S", 0.1)
    azure.silent.set()
    try:
        first = api.get(path)
    finally:
        azure.silent.clear()
    assert (first.status_code, first.json()["kind"]) == (202, "sync_azure_statistics")
    until(lambda: not kept_statistics._looks, "the look to hear that nobody waits")
    assert tenancy.sync(first.json()["id"]) == "succeeded"
    assert api.get(path).status_code == 200


def test_statistics_say_what_the_job_failed_of(
    api: Client, tenancy: Tenancy, azure: AzureManagement, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/api/v1/connections/{tenancy.connection_id}"
    assert api.get(f"{path}/statistics").status_code == 200
    tenancy.services.redis.flushdb()
    monkeypatch.setattr(syncing, "MOST_AT_A_GLANCE", 4)
    azure.faults.plan(Fault.TOKEN_REFUSED, times=100)
    assert tenancy.sync(api.get(f"{path}/statistics").json()["id"]) == "failed"
    azure.faults.planned.clear()
    azure.calls.clear()
    told = api.get(f"{path}/statistics")
    assert (told.status_code, told.json()["code"]) == (409, "statistics_failed")
    assert told.json()["next_step"].endswith(f"Then sync: POST {path}/sync.")
    assert not azure.calls, "nobody asks Azure while the failure is told"
    job = api.post(f"{path}/sync")
    assert job.status_code == 202
    assert api.get(f"{path}/statistics").status_code == 202, "asked for by hand it is tried at once"
    azure.faults.plan(Fault.BROKEN, path="ResourceGraph", times=100)
    monkeypatch.setattr(calls, "_FIRST_PAUSE_S", 0.0)
    assert tenancy.sync(job.json()["id"]) == "failed"
    azure.faults.planned.clear()
    passes = api.get(f"{path}/statistics").json()
    assert passes["next_step"].startswith("Ask again in five minutes"), passes
    connection = api.get(path)
    changed = api.patch(
        path,
        json={"selection": {"mode": "some", "subscription_ids": sorted(azure.estate.subscriptions)[:2]}},
        headers={"If-Match": connection.headers["ETag"]},
    )
    assert changed.status_code == 200, changed.text
    anew = api.get(f"{path}/statistics")
    assert (anew.status_code, anew.json()["subscriptions_wanted"]) == (200, 2), "that failure was another selection's"


def test_statistics_say_what_azure_refused(api: Client, tenancy: Tenancy, azure: AzureManagement) -> None:
    azure.faults.plan(Fault.TOKEN_REFUSED, times=100)
    answer = api.get(f"/api/v1/connections/{tenancy.connection_id}/statistics")
    assert answer.status_code == 409, answer.text
    assert answer.json()["code"] == "azure_authentication_failed"
    assert tenancy.connection().status == "failing"


def test_statistics_of_what_is_not_shown_yet_are_not_kept(api: Client, tenancy: Tenancy, azure: AzureManagement) -> None:
    path = f"/api/v1/connections/{tenancy.connection_id}/statistics"
    azure.graph.unseen.update(azure.estate.subscriptions)
    assert api.get(path).json()["code"] == "subscriptions_not_shown"
    azure.graph.unseen.clear()
    assert api.get(path).json()["subscriptions_read"] == 5
