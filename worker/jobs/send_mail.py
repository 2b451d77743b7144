"""Send a mail: one attempt; later ones are jobs of their own."""

import logging
import time
import traceback
from datetime import UTC, datetime
from uuid import UUID

from billiard.exceptions import SoftTimeLimitExceeded
from sqlalchemy.exc import SQLAlchemyError

from shared.errors import AdvisorReportsError
from shared.jobs.run import JobRun
from shared.mail import deliveries, pace, smtp
from shared.mail.deliveries import Ready
from shared.mail.relay_breaker import breaker
from shared.mail.relay_failures import RelayFailedError
from shared.mail.relay_password import passwords
from shared.mail.smtp import Outcome
from shared.telemetry import metrics
from shared.telemetry.redaction import redact
from worker.mail.composing import compose
from worker.mail.occasion import NothingToTellError

_log = logging.getLogger(__name__)
_LOGIN_REFUSED = 535


def send_mail(run: JobRun) -> None:
    """Make one attempt and write it, then what follows from it.

    Nothing is handed over within a transaction. A worker that dies after the relay took the mail and before that is noted
    sends it once more, with the same Message-ID.
    """
    job_id = run.claim.job_id
    with run.transaction() as session:
        ready = deliveries.begin(session, UUID(run.claim.arguments["delivery_id"]), job_id)
    if ready is None:
        with run.finishing():
            return
    wait_s = breaker.wait_s()
    if wait_s is None:
        wait_s = pace.wait_s(run.services.redis, run.services.settings.mail_per_minute)
    if wait_s is not None:
        # The same job comes back: a relay that is away for a day makes no more jobs than there are mails.
        with run.putting_back(wait_s) as session:
            deliveries.put_off(session, ready, wait_s, job_id)
        return
    run.report_progress(10, "Writing")
    try:
        outcome = _attempt(run, ready)
    except NothingToTellError as nothing:
        with run.finishing() as session:
            deliveries.skip(session, ready, nothing.code, nothing.reason, job_id)
        metrics.mail_attempted(ready.kind.value, "skipped", 0.0)
        return
    # Whatever comes between the relay's answer and this commit is a chance of sending twice: nothing does.
    with run.finishing() as session:
        deliveries.settle(session, ready, outcome, job_id)
    _tell(ready, outcome)


def _attempt(run: JobRun, ready: Ready) -> Outcome:
    services, began_at, began = run.services, datetime.now(UTC), time.monotonic()
    try:
        if not services.settings.smtp_host:
            raise RelayFailedError("This worker sends no mail.", next_step="Set SMTP_HOST, as in the front.")
        content = compose(services, ready)
        password = passwords.get(services)
    except AdvisorReportsError as error:
        spent_s = time.monotonic() - began
        return Outcome(began_at, spent_s, error_code=error.code, error=redact(error.message))
    except (NothingToTellError, SQLAlchemyError, SoftTimeLimitExceeded):
        raise
    except Exception as error:  # noqa: BLE001 - a mail that cannot be written comes to an end as others do, and says so
        kind, spent_s = type(error).__name__, time.monotonic() - began
        # Where, but not what it says: that may hold people's addresses.
        where = traceback.extract_tb(error.__traceback__)[-1]
        _log.error(
            "a mail could not be written",
            extra={
                "action": "mail_not_written",
                "delivery_id": str(ready.delivery_id),
                "error": kind,
                "where": f"{where.filename}:{where.lineno}",
            },
        )
        return Outcome(began_at, spent_s, error_code="mail_not_written", error=f"The mail could not be written ({kind}).")
    run.check()
    run.report_progress(50, "Sending")
    outcome = smtp.send(services.settings, password, ready.address, content)
    if outcome.status == _LOGIN_REFUSED:
        passwords.forget()
    if outcome.error_code == RelayFailedError.code:
        breaker.failed()
    else:
        breaker.worked()
    return outcome


def _tell(ready: Ready, outcome: Outcome) -> None:
    status = "accepted"
    if not outcome.accepted:
        status = "refused" if outcome.is_final else "deferred" if ready.will_be_tried_again else "failed"
        # By id: people's addresses are not for logs, and what the relay says may hold them.
        _log.warning(
            "a mail was not accepted",
            extra={
                "action": "mail_not_accepted",
                "delivery_id": str(ready.delivery_id),
                "kind": ready.kind.value,
                "code": outcome.error_code,
                "status": outcome.status,
                "outcome": status,
            },
        )
    metrics.mail_attempted(ready.kind.value, status, outcome.duration_s)
