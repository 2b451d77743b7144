"""Test an Azure connection: what it finds is its result, also where that is a refusal."""

import time
from uuid import UUID

from billiard.exceptions import SoftTimeLimitExceeded

from shared.connections import connections, discovery, examining
from shared.credential_health import recording
from shared.errors import AdvisorReportsError
from shared.jobs.problems import JobCancelledError, LeaseLostError, TimeLimitError
from shared.jobs.run import JobRun


def test_azure_connection(run: JobRun) -> None:
    """Sign in, list the subscriptions, look whether they can be read, and keep result and subscriptions.

    What may go away by itself is raised while there is another attempt, and is the result of the last one.
    """
    began = time.monotonic()
    with run.services.database.tenant(run.tenant_id) as session:
        connection = connections.find(session, UUID(run.claim.arguments["connection_id"]))
    run.report_progress(10, "Signing in to Azure")
    try:
        examination = examining.examine(run.services, connection, check=run.check)
    except (JobCancelledError, LeaseLostError):
        raise
    except (TimeLimitError, SoftTimeLimitExceeded):
        slow = examining.AzureSilentError(run.claim.kind.soft_limit_s)
        examination = examining.Examination.failed(slow, began=began)
    except AdvisorReportsError as error:
        if error.retryable and not run.claim.is_last_attempt:
            raise
        examination = examining.Examination.failed(error, began=began)
    with run.finishing() as session:
        if examination.subscriptions is not None:
            discovery.keep(session, connection, examination.subscriptions)
        if examining.note(session, connection, examination):
            recording.record_test(session, run, connection, examination)
        run.answer(session, examination.result.stored())
