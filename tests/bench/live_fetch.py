"""From Azure to committed rows, by the very job that workers do, under the quota of Resource Graph and without."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from shared.azure.live_orders import LiveOrder
from shared.database.tables import AzureConnection, RecommendationRow, Report
from shared.database.tables.azure_connection import ConnectionKind
from shared.identifiers import new_id
from shared.reporting import reports, sourced_reports
from shared.reports import ReportFormat
from tests.bench import bare_copy, ground
from tests.bench.children import run_child
from tests.bench.ground import Ground
from tests.bench.measure import Contender, Finding, Options, interleave, ratio
from tests.bench.simulated_azure import SimulatedAzure, simulated_azure

_QUERIES_PER_S = 3.0
_NO_QUOTA = {"AZURE_GRAPH_QUERIES": "1000000"}
# Where the target was set, a bare COPY took in so many rows a second.
_BARE_COPY_THEN = 61_700
_TARGET = 15_000
# What one subscription at a time costs: a question each for recommendations, for what is put aside, and for scores.
_CALLS_ALONE = 3


def measure(options: Options) -> Iterator[Finding]:
    """Yield the rate without a quota, and how well the quota is used, with memory and completeness."""
    subscriptions = options.size(5_000, quick=300)
    recommendations = options.size(200_000, quick=2_000)
    with (
        ground.prepared() as here,
        simulated_azure(here.folder, subscriptions=subscriptions, recommendations=recommendations, latency_ms=20) as azure,
    ):
        connection_id = _connect(here)
        azure.figures(quota_next=False)
        # Once for the simulator, which renders its pages on the first question.
        _fetch(here, azure, connection_id, recommendations)
        spent: list[float] = []

        def once() -> float:
            before = here.database_cpu_s()
            done = _fetch(here, azure, connection_id, recommendations)
            spent.append(done["cpu_s"] + here.database_cpu_s() - before)
            return float(done["seconds"])

        bare_copy.make_table(here)
        copied = options.size(100_000, quick=2_000)
        free, bare = Contender("free", once), bare_copy.bare_copy(here, bare_copy.portal_rows(here, copied))
        interleave([free, bare], options.rounds_or(3))
        rate = recommendations / free.median
        yield Finding(
            f"{recommendations:,} recommendations, no quota, to committed rows",
            rate,
            "rows/s",
            _TARGET,
            note=f"s: {free.spread}",
        )
        yield Finding(f"bare COPY of {copied:,} ready lines", copied / bare.median, "rows/s", note=f"s: {bare.spread}")
        yield Finding(
            "rate against the bare COPY",
            ratio(bare, free) * recommendations / copied,
            "x",
            _TARGET / _BARE_COPY_THEN,
            note="the target as a ratio, for slower machines",
        )
        yield Finding(
            "processor time of it a row, worker and database",
            min(spent) / recommendations * 1000,
            "ms",
            # Two cores that do nothing else then take 15,000 a second.
            0.13,
            at_most=True,
            note="whatever else the machine does; without the simulator",
        )
        yield from _under_quota(here, azure, connection_id, subscriptions, recommendations)


def _under_quota(
    here: Ground, azure: SimulatedAzure, connection_id: UUID, subscriptions: int, recommendations: int
) -> Iterator[Finding]:
    azure.figures(quota_next=True)
    done = _fetch(here, azure, connection_id, recommendations, quota=True)
    seen = azure.figures(quota_next=False)
    # With n queries, the last one cannot be let through before the window that it falls into begins.
    least_s = (seen["counted"] - 1) // 15 * 5.0
    used = least_s / seen["seconds"] if least_s else 1.0
    note = f"{seen['counted']} queries in {seen['seconds']:.0f} s, {seen['refused']} refused"
    yield Finding("the same under 15 queries a 5 s: share of what the quota allows", used, "", 0.9, note=note)
    yield Finding("peak RSS of fetching process and child together", done["peak_rss_mb"], "MB", 400, at_most=True)
    yield Finding("from order to committed rows", done["seconds"], "s")
    alone = subscriptions * _CALLS_ALONE
    note = f"{alone:,} one by one, {alone / _QUERIES_PER_S / 60:.0f} min of quota"
    yield Finding("calls against one subscription at a time", seen["calls"] / alone, "", 0.05, at_most=True, note=note)


def _fetch(
    here: Ground, azure: SimulatedAzure, connection_id: UUID, expected: int, *, quota: bool = False
) -> dict[str, Any]:
    here.forget_imports()
    wanted = reports.Order(here.client_id, (ReportFormat.CSV,))
    live = LiveOrder(connection_id=connection_id, keep_put_aside=True)
    with here.services.database.tenant(here.tenant_id) as session:
        report, job = sourced_reports.order_live(session, here.tenant_id, wanted, live, trace_id=None)
    here.settle()
    done = run_child(
        "tests.bench.fetching_child",
        str(here.tenant_id),
        str(job.id),
        environment={**here.environment, **azure.environment, **({} if quota else _NO_QUOTA)},
    )
    with here.services.database.tenant(here.tenant_id) as session:
        found, unique = session.execute(
            select(func.count(), func.count(RecommendationRow.recommendation_id.distinct()))
        ).one()
        details = session.scalars(select(Report.details).where(Report.id == report.id)).one()
    if (found, unique) != (expected, expected) or details["fetch"]["missing"]:
        raise AssertionError(f"{expected:,} recommendations were there, {found:,} were kept, {unique:,} of them once")
    return done


def _connect(here: Ground) -> UUID:
    connection_id = new_id()
    with here.services.database.tenant(here.tenant_id) as session:
        session.add(
            AzureConnection(
                id=connection_id, tenant_id=here.tenant_id, name="Azure", kind=ConnectionKind.MANAGED_IDENTITY.value
            )
        )
    return connection_id
