"""Read recommendations from Azure: into one snapshot, all that was asked for or said what is missing.

From Azure to disk first, and from there to the database in one transaction, which waits for no network.
"""

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from shared.azure import metadata
from shared.azure.beside import live_lines
from shared.azure.calls import AzureCalls, Tally
from shared.azure.errors import AzureAuthenticationError, AzurePermissionError, AzureRefusedError, AzureServiceError
from shared.azure.fetching import Fetching
from shared.azure.generating import generate
from shared.azure.limiter import QueryLimiter
from shared.azure.live_lines import LiveLines
from shared.azure.live_orders import LiveOrder, live_order_of
from shared.azure.live_rows import Terms
from shared.azure.parts import Fetched, Refused
from shared.azure.resource_graph import ResourceGraph
from shared.azure.spool import Spool
from shared.azure.targets import NothingToReadError, Targets, targets_of
from shared.branding.stored import effective
from shared.connections import connections
from shared.connections.credentials import credential_of
from shared.database.tables import AzureConnection, Report, Snapshot
from shared.errors import AdvisorReportsError
from shared.jobs.kinds import GENERATE_AZURE_REPORT
from shared.jobs.run import JobRun
from shared.reports.options import options_of
from shared.snapshots.writer import SnapshotSource, Written, write_lines
from shared.telemetry import metrics
from worker.jobs import fetch_facts
from worker.jobs.process_csv_file import read_limits
from worker.working_folder import working_folder

_log = logging.getLogger(__name__)

SOURCE_FORMAT = "azure_live"

# Of this job's own progress, in percent: where Azure has been read, and the slices before it.
_REFRESHED = 20.0
_READ = 85.0


@dataclass(frozen=True)
class _Order:
    """What is to be fetched, read before any work."""

    client_id: UUID
    live: LiveOrder
    connection: AzureConnection
    languages: tuple[str, ...]
    requested_at: datetime
    fetched: bool


def fetch_azure_recommendations(run: JobRun) -> None:
    """Read what the report's order names and write it as one snapshot; the job that makes the files follows.

    Raises :class:`~shared.azure.errors.AzureCallError` and its families; one of authentication is also noted on the
    connection, since nothing helps but a person.
    """
    order = _order(run)
    if order.fetched:
        # Retried after the files failed: what was read once is not read again.
        with run.finishing() as session:
            run.add_follower(session, GENERATE_AZURE_REPORT)
        return
    try:
        with working_folder() as folder:
            _fetch_into(run, order, folder)
    except AzureAuthenticationError as error:
        with run.services.database.tenant(run.tenant_id) as session:
            connections.mark_failing(session, order.connection.id, error)
        raise


def _order(run: JobRun) -> _Order:
    with run.services.database.tenant(run.tenant_id) as session:
        report = session.scalars(select(Report).where(Report.id == run.report_id)).one()
        live = live_order_of(report.details["live"])
        language = options_of(report.options).language or effective(session, report.client_id).language
        return _Order(
            client_id=report.client_id,
            live=live,
            connection=connections.find(session, live.connection_id),
            languages=tuple({metadata.ENGLISH, language or metadata.ENGLISH}),
            requested_at=report.created_at,
            fetched=report.snapshot_id is not None,
        )


def _fetch_into(run: JobRun, order: _Order, folder: Path) -> None:
    began, tally = time.monotonic(), Tally()
    credential = credential_of(run.services, order.connection)
    run.report_progress(0, "Looking for the subscriptions")
    targets = targets_of(
        run.services,
        run.tenant_id,
        order.connection,
        order.live.selection,
        only=order.live.filters.subscription_ids,
        check=run.check,
        tally=tally,
    )
    with ExitStack() as until_written:
        with AzureCalls(run.services.settings, credential, wait=run.wait, tally=tally) as calls:
            graph = ResourceGraph(calls, QueryLimiter(run.services.redis, queries=run.services.settings.azure_graph_queries))
            _freshen_texts(run, graph, order.languages)
            unfinished = _refresh(run, order, calls, targets)
            lines = until_written.enter_context(
                live_lines(_terms(run, order), folder, subscriptions=len(targets.names), check=run.check)
            )
            fetching = Fetching(
                calls,
                graph,
                Spool(folder),
                order.live.filters,
                names=targets.names,
                tolerant=run.claim.is_last_attempt,
                on_part=lines.take,
                on_progress=_reading_progress(run, order, len(targets.names)),
                check=run.check,
            )
            fetched = fetching.run(list(targets.names))
        fetched.refused += [_unknown(one) for one in targets.unknown]
        if not fetched.read:
            raise _nothing_read(fetched)
        facts = fetch_facts.Facts(
            order.live, fetched, tally, unfinished, requested_at=order.requested_at, fetched_at=datetime.now(UTC)
        )
        _write(run, order, lines, facts, began)


def _terms(run: JobRun, order: _Order) -> Terms:
    return Terms(
        order.live.filters,
        metadata.texts(run.services.database, metadata.ENGLISH),
        keep_put_aside=order.live.keep_put_aside,
        limits=read_limits(run.services.settings),
    )


def _freshen_texts(run: JobRun, graph: ResourceGraph, languages: tuple[str, ...]) -> None:
    """Read Microsoft's texts where they are older than a day; without them a report says less, and is made all the same."""
    for language in metadata.stale(run.services.database, languages):
        run.report_progress(0, "Reading Advisor's texts")
        try:
            metadata.refresh(run.services.system_database, graph, language)
        except (AzurePermissionError, AzureRefusedError, AzureServiceError) as error:
            _log.warning(
                "Advisor's texts could not be read",
                extra={"action": "metadata_failed", "language": language},
                exc_info=error,
            )


def _refresh(run: JobRun, order: _Order, calls: AzureCalls, targets: Targets) -> dict[str, str]:
    """Let Advisor compute its recommendations anew where that is wanted; return why it did not, by subscription."""
    if not order.live.refresh_first:
        return {}
    count = len(targets.names)

    def on_progress(done: int) -> None:
        run.report_progress(_REFRESHED * done / count, f"Refreshing recommendations: {done:,} of {count:,} subscriptions")

    on_progress(0)
    return generate(calls, sorted(targets.names), wait=run.wait, on_progress=on_progress)


def _reading_progress(run: JobRun, order: _Order, count: int) -> Callable[[int], None]:
    begin = _REFRESHED if order.live.refresh_first else 0.0

    def on_progress(done: int) -> None:
        run.report_progress(
            begin + (_READ - begin) * done / count, f"Reading from Azure: {done:,} of {count:,} subscriptions"
        )

    on_progress(0)
    return on_progress


def _write(run: JobRun, order: _Order, lines: LiveLines, facts: fetch_facts.Facts, began: float) -> None:
    source = SnapshotSource(
        client_id=order.client_id,
        source="live",
        source_format=SOURCE_FORMAT,
        file_name="",
        taken_at=facts.fetched_at,
        taken_at_is_exact=True,
    )

    def on_batch(written: Written) -> None:
        run.check()
        run.report_progress(_READ + (99 - _READ) / 2, f"Keeping what was read: {written.accepted:,} recommendations so far")

    run.report_progress(_READ, "Keeping what was read")
    with run.finishing() as session:
        written = write_lines(session, run.tenant_id, source, lines.lines(), on_batch=on_batch)
        run.hold(session)
        counts = lines.counts()
        told: dict[str, Any] = facts.told(written.accepted, counts, duration_s=time.monotonic() - began)
        session.execute(
            update(Snapshot)
            .where(Snapshot.id == written.snapshot_id)
            .values(
                details={"columns": [], "notes": facts.notes(counts), "files": [], "fetch": told},
                subscriptions=facts.fetched.subscription_ids,
            )
            .execution_options(synchronize_session=False)
        )
        details = {"accepted": written.accepted, "rejected": written.rejected, "fetch": told}
        session.execute(
            update(Report)
            .where(Report.id == run.report_id)
            .values(snapshot_id=written.snapshot_id, details=Report.details.op("||")(details))
            .execution_options(synchronize_session=False)
        )
        run.add_follower(session, GENERATE_AZURE_REPORT)
    metrics.rows_read(accepted=written.accepted, rejected=written.rejected)


def _unknown(subscription_id: str) -> Refused:
    return Refused(subscription_id, "", "subscription_not_visible", "The connection does not see this subscription.")


def _nothing_read(fetched: Fetched) -> AdvisorReportsError:
    if fetched.refused and all(one.code == AzurePermissionError.code for one in fetched.refused):
        return AzurePermissionError("Microsoft.Advisor/recommendations/read", f"all {len(fetched.refused):,} subscriptions")
    return NothingToReadError(fetched.refused[0].reason if fetched.refused else "")
