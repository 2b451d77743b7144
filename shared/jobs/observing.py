"""What a running job tells those who watch: ids on every log line, a span under the request's, and numbers."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from opentelemetry.trace import SpanKind

from shared.jobs.claims import Claim
from shared.services import Services
from shared.telemetry import context, metrics, tracing

# A worker that lost its claim, or cannot write the end, does not know how the job ends.
_UNKNOWN = "lost"


@dataclass
class Observed:
    """An attempt under way; ``outcome`` is set by whoever knows how it ended."""

    outcome: str = _UNKNOWN


@contextmanager
def observed(services: Services, claim: Claim) -> Iterator[Observed]:
    """Watch one attempt at a job for the length of the ``with`` block."""
    began = time.monotonic()
    attempt = Observed()
    kind = claim.kind.name
    facts = {"tenant_id": claim.tenant_id, "job_id": claim.job_id, "trace_id": claim.trace_id}
    attributes = {
        "messaging.system": "celery",
        "messaging.destination.name": claim.kind.queue.value,
        "job.id": str(claim.job_id),
        "job.kind": kind,
        "job.attempt": claim.attempt,
        "tenant.id": str(claim.tenant_id),
    }
    span = tracing.span(f"job {kind}", kind=SpanKind.CONSUMER, parent=claim.trace_parent, attributes=attributes)
    with context.bound(**facts), tracing.carried(claim.trace_parent), span as entered:
        metrics.job_claimed(kind, claim.waited_s)
        try:
            yield attempt
        finally:
            entered.set_attribute("job.outcome", attempt.outcome)
            metrics.job_ended(kind, attempt.outcome, time.monotonic() - began)
            metrics.note_tokens_of(services)
