"""Read the statistics of a connection anew, whatever is kept of them."""

from uuid import UUID

import msgspec

from shared.azure import looking
from shared.connections import connections
from shared.jobs.run import JobRun


def sync_azure_statistics(run: JobRun) -> None:
    """Read counts, amounts and scores from Azure and keep them for an hour.

    Raises :class:`~shared.azure.errors.AzureCallError` and its families; one of authentication is also noted on the
    connection.
    """
    connection_id = UUID(run.claim.arguments["connection_id"])
    with run.services.database.tenant(run.tenant_id) as session:
        connection = connections.find(session, connection_id)

    def on_progress(done: int, count: int) -> None:
        run.report_progress(100 * done / count, f"Counting: {done:,} of {count:,} subscriptions")

    found = looking.fresh(run.services, run.tenant_id, connection, wait=run.wait, on_progress=on_progress)
    with run.finishing() as session:
        run.answer(session, msgspec.to_builtins(found))
