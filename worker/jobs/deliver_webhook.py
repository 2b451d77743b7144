"""Send an event to an endpoint: some attempts at once; later ones are jobs of their own."""

import time
from datetime import UTC, datetime
from uuid import UUID

from shared.deliveries import backoff
from shared.events.types import EventType
from shared.jobs.run import JobRun
from shared.telemetry import metrics
from shared.webhooks import attempts, deliveries
from shared.webhooks.attempts import Outcome, Ready


def deliver_webhook(run: JobRun) -> None:
    """Make one round of attempts and write each of them, then what follows from the last.

    Nothing is sent within a transaction. A worker that dies between a request and the note of it sends once more, under the
    same id.
    """
    settings, job_id = run.services.settings, run.claim.job_id
    with run.transaction() as session:
        ready = deliveries.begin(session, settings, UUID(run.claim.arguments["delivery_id"]), job_id)
    if ready is None:
        with run.finishing():
            return
    if isinstance(ready, datetime):
        # The same job comes back: an endpoint that is away for days makes no more jobs than there are deliveries.
        with run.putting_back((ready - datetime.now(UTC)).total_seconds()):
            return
    outcome = _round(run, ready)
    waits_for_us = outcome.is_ours and ready.event_type != EventType.WEBHOOK_TEST
    wait_s = deliveries.own_fault_wait_s(run.claim.times_put_back)
    with run.putting_back(wait_s) if waits_for_us else run.finishing() as session:
        deliveries.settle(session, settings, ready, outcome, job_id, own_fault_wait_s=wait_s)


def _round(run: JobRun, ready: Ready) -> Outcome:
    """Return the last outcome of a round, which is the one not written yet."""
    began = time.monotonic()
    for number in range(1, ready.attempts + 1):
        run.report_progress(100 * (number - 1) / ready.attempts, "Sending")
        outcome = attempts.attempt(run.services, ready)
        is_last = number == ready.attempts or time.monotonic() - began > backoff.AT_ONCE_S
        repeats = not outcome.delivered and outcome.may_repeat_at_once and not is_last
        _count(ready, outcome, repeats=repeats)
        if not repeats:
            break
        with run.transaction() as session:
            deliveries.note(session, ready, outcome)
        run.wait(backoff.short_wait_s(number))
    return outcome


def _count(ready: Ready, outcome: Outcome, *, repeats: bool) -> None:
    will_follow = repeats or outcome.is_ours or ready.step < len(backoff.LONG_WAITS_S)
    status = "delivered" if outcome.delivered else "retrying" if will_follow and not outcome.is_gone else "failed"
    metrics.webhook_attempted(ready.event_type, status, outcome.duration_s)
