"""Statistics at a glance: right, kept for an hour, and asked for once however many want them."""

import threading
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from uuid import uuid4

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from infra.local.valkey import Valkey
from shared.azure import kept_statistics, looking
from shared.azure.errors import AzureServiceError
from shared.azure.kept_statistics import KeptStatistics, StatisticsPendingError
from shared.azure.statistics import Statistics
from shared.connections import connections
from shared.jobs import execution
from shared.jobs.kinds import SYNC_AZURE_STATISTICS
from shared.jobs.requests import add_job
from shared.settings import Settings
from tests.integration.azure.conftest import Tenancy
from tests.integration.azure.test_fetch_job import rows_of
from tests.integration.jobs.waiting import PATIENCE_S
from tests.simulators.azure_management import AzureManagement
from worker.jobs.sync_azure_statistics import sync_azure_statistics

_CATEGORIES = {"Cost", "Security", "Reliability", "OperationalExcellence", "Performance"}


def _kept(tenancy: Tenancy) -> tuple[Statistics, bool]:
    under_way = looking.begin(tenancy.services, tenancy.tenant_id, tenancy.connection(), patience_s=PATIENCE_S)
    under_way.look.exception(PATIENCE_S)
    kept = under_way.outcome()
    return kept.statistics, kept.cached


def test_statistics_agree_with_a_fetch(tenancy: Tenancy) -> None:
    report_id = tenancy.order()
    tenancy.run(report_id)
    rows = list(rows_of(tenancy, report_id))
    found, cached = _kept(tenancy)
    assert not cached
    assert found.recommendations == len(rows)
    assert {(one.category, one.impact): one.recommendations for one in found.counts} == Counter(
        (row.category.value, row.impact.value) for row in rows
    )
    total = sum((row.annual_savings for row in rows if row.annual_savings is not None), Decimal(0))
    assert {currency: Decimal(text) for currency, text in found.annual_savings.items()} == {"USD": total}
    assert set(found.scores) == {*_CATEGORIES, "Overall"}
    mean = sum((Decimal(found.scores[category]) for category in _CATEGORIES), Decimal(0)) / 5
    assert abs(Decimal(found.scores["Overall"]) - mean) < Decimal("0.02")
    assert (found.subscriptions_wanted, found.subscriptions_read) == (5, 5)


def test_stampede_of_a_hundred_readers_asks_azure_once(tenancy: Tenancy, azure: AzureManagement) -> None:
    _kept(tenancy)
    alone = len([call for call in azure.calls if "ResourceGraph" in call])
    tenancy.services.redis.flushdb()
    azure.calls.clear()
    connection = tenancy.connection()
    results: list[bool] = []

    def read() -> None:
        under_way = looking.begin(tenancy.services, tenancy.tenant_id, connection, patience_s=PATIENCE_S)
        under_way.look.exception(PATIENCE_S)
        results.append(under_way.outcome().cached)

    _at_once(read, 100)
    # The first look also found the subscriptions, which takes one question more.
    assert len(azure.calls) == alone - 1
    assert Counter(results) == {False: 1, True: 99}


def test_failure_of_a_look_is_that_of_all_who_waited_for_it() -> None:
    # There is no Redis at this address, and the threads of one process are of one mind without it.
    kept, tenant_id, connection_id = KeptStatistics(_nowhere()), uuid4(), uuid4()
    asked: list[int] = []
    all_here = threading.Event()

    def away() -> Statistics:
        asked.append(1)
        all_here.wait(PATIENCE_S)
        raise AzureServiceError("Azure could not count.")

    readers = [kept.begin(tenant_id, connection_id, away, patience_s=30) for _ in range(20)]
    with pytest.raises(StatisticsPendingError):
        readers[0].outcome()
    all_here.set()
    assert [type(one.look.exception(PATIENCE_S)) for one in readers] == [AzureServiceError] * 20
    assert len(asked) == 1


def test_looks_at_many_connections_at_once_are_left_to_jobs() -> None:
    kept, tenant_id, all_here = KeptStatistics(_nowhere()), uuid4(), threading.Event()

    def slow() -> Statistics:
        all_here.wait(PATIENCE_S)
        raise InterruptedError

    looks = [kept.begin(tenant_id, uuid4(), slow, patience_s=30).look for _ in range(kept_statistics._MOST_LOOKS)]
    with pytest.raises(StatisticsPendingError):
        kept.begin(tenant_id, uuid4(), slow, patience_s=30)
    all_here.set()
    assert {type(one.exception(PATIENCE_S)) for one in looks} == {InterruptedError}


def test_leaving_out_many_resource_groups_is_counted_right(tenancy: Tenancy, azure: AzureManagement) -> None:
    for one in azure.estate.subscriptions.values():
        for number in range(60):
            one.configure(resource_group=f"left-out-{number}", exclude=True)
        group = next(row["resourceGroup"] for row in one.items() if row["resourceGroup"])
        one.configure(resource_group=group, exclude=True)
    report_id = tenancy.order()
    tenancy.run(report_id)
    assert _kept(tenancy)[0].recommendations == len(list(rows_of(tenancy, report_id)))


def test_sync_reads_anew_and_readers_see_it(tenancy: Tenancy, azure: AzureManagement) -> None:
    before, _ = _kept(tenancy)
    one = next(iter(azure.estate.subscriptions.values()))
    row = next(one.items())
    one.add({**row, "id": f"{row['id']}-new", "name": str(uuid4())})
    azure.graph.forget()
    assert _kept(tenancy) == (before, True)
    with tenancy.services.database.tenant(tenancy.tenant_id) as session:
        arguments = {"connection_id": str(tenancy.connection_id)}
        job = add_job(session, SYNC_AZURE_STATISTICS, tenant_id=tenancy.tenant_id, arguments=arguments)
    ended = execution.execute(
        tenancy.services, sync_azure_statistics, tenant_id=tenancy.tenant_id, job_id=job.id, worker="test"
    )
    assert ended == "succeeded"
    after, cached = _kept(tenancy)
    assert cached
    assert after.as_of > before.as_of
    assert after.recommendations == before.recommendations + 1


def test_changed_connection_is_looked_at_anew(tenancy: Tenancy, azure: AzureManagement) -> None:
    assert _kept(tenancy)[0].subscriptions_wanted == 5
    chosen = sorted(azure.estate.subscriptions)[:2]
    with tenancy.services.database.tenant(tenancy.tenant_id) as session:
        connection = connections.find(session, tenancy.connection_id)
        connection.selection = {"mode": "some", "subscription_ids": chosen}
    found, cached = _kept(tenancy)
    assert (found.subscriptions_wanted, cached) == (2, False)
    assert _kept(tenancy) == (found, True)


def test_reader_does_not_wait_for_ever(settings: Settings) -> None:
    with redis.Redis.from_url(settings.broker_url.get_secret_value()) as client:
        tenant_id, connection_id = uuid4(), uuid4()
        # Another process is at it.
        client.set(f"{kept_statistics._key(tenant_id, connection_id, b'')}:lock", "another", px=60_000)
        late = KeptStatistics(client).begin(tenant_id, connection_id, lambda: pytest.fail("asked"), patience_s=0)
        assert isinstance(late.look.exception(PATIENCE_S), StatisticsPendingError)


def test_statistics_are_read_where_redis_is_away(tenancy: Tenancy, own_broker: Valkey) -> None:
    found, _ = _kept(tenancy)
    own_broker.kill()
    with redis.Redis.from_url(own_broker.url(0), socket_connect_timeout=1) as client:
        under_way = KeptStatistics(client).begin(tenancy.tenant_id, tenancy.connection_id, lambda: found, patience_s=1)
        assert under_way.look.result(PATIENCE_S) == (found, False)


def _nowhere() -> redis.Redis:
    return redis.Redis(port=1, retry=Retry(NoBackoff(), 0))


def _at_once(act: Callable[[], None], times: int) -> None:
    threads = [threading.Thread(target=act) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
