"""Metrics: how many jobs, how long, how they ended; rows, files, sweeps and tokens.

Recorded with prometheus_client on both sides. Its files in a shared folder are what adds up the processes of a prefork
worker; OpenTelemetry's reader for Prometheus sees one process only. Where an exporter is set, the same numbers go out
through OpenTelemetry (:mod:`shared.telemetry.metrics_export`). HTTP requests are the exception: FastAPI measures them
itself, by OpenTelemetry's conventions, by route template and status.

Until :func:`enable` is called, recording does nothing and nothing is imported. Labels come from closed sets: kinds, states,
formats, scopes and providers; never an id, a name or a text, except the few tenants that METRICS_TENANTS names.
"""

import os
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from shared.identity.token_cache import TokenStatus
    from shared.services import Services

FOLDER_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
# From a renewal of a lease to the longest a job may take.
_JOB_BUCKETS_S = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1200)


class Kind(StrEnum):
    """What a metric counts."""

    COUNTER = "counter"
    HISTOGRAM = "histogram"
    GAUGE = "gauge"


@dataclass(frozen=True)
class Definition:
    """One metric: its name without a suffix, what it says, its labels."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()


JOBS = Definition("advisor_jobs", Kind.COUNTER, "Attempts at jobs, by how they ended", ("kind", "outcome"))
JOB_DURATION = Definition("advisor_job_duration_seconds", Kind.HISTOGRAM, "From claim to end", ("kind",))
JOB_WAIT = Definition("advisor_job_wait_seconds", Kind.HISTOGRAM, "From being due to the claim", ("kind",))
SWEPT = Definition("advisor_swept_jobs", Kind.COUNTER, "Jobs that sweeps set going again or ended", ("outcome",))
ROWS = Definition("advisor_rows", Kind.COUNTER, "Rows of exports, by whether they were imported", ("outcome",))
RENDER_DURATION = Definition(
    "advisor_render_duration_seconds", Kind.HISTOGRAM, "Making one report file", ("format", "outcome")
)
TOKEN_FETCHED = Definition("azure_token_fetched_timestamp_seconds", Kind.GAUGE, "When the newest token came", ("scope",))
TOKEN_EXPIRY = Definition("azure_token_expiry_timestamp_seconds", Kind.GAUGE, "When the newest token ends", ("scope",))
TOKEN_REFRESHES = Definition("azure_token_refreshes", Kind.COUNTER, "Tokens fetched", ("scope",))
TOKEN_FAILURES = Definition("azure_token_refresh_failures", Kind.COUNTER, "Tokens that could not be fetched", ("scope",))
SCHEDULE_LAST_SUCCESS = Definition(
    "schedule_last_success_timestamp", Kind.GAUGE, "When a scheduled run last succeeded, by what it runs", ("work",)
)
TICKER_LAST_TICK = Definition("ticker_last_tick_timestamp", Kind.GAUGE, "When a driver last ticked", ("driver",))
WEBHOOK_DELIVERIES = Definition(
    "webhook_delivery", Kind.COUNTER, "Attempts at webhooks, by how they ended", ("event_type", "status")
)
WEBHOOK_DURATION = Definition(
    "webhook_delivery_duration_seconds", Kind.HISTOGRAM, "From a webhook's request to its answer", ("event_type",)
)
CREDENTIAL_CHECKS = Definition(
    "credential_health_check", Kind.COUNTER, "Checks of credentials, by what they found", ("provider", "result")
)
CREDENTIAL_CHECK_DURATION = Definition(
    "credential_health_check_duration_seconds", Kind.HISTOGRAM, "Checking one credential", ("provider",)
)
CREDENTIALS_FAILING = Definition("credentials_failing", Kind.GAUGE, "Credentials that fail now", ("provider",))
CREDENTIAL_LAST_SUCCESS = Definition(
    "credential_last_success_timestamp", Kind.GAUGE, "When a credential was last seen to work", ("provider",)
)
TENANT_CREDENTIALS_FAILING = Definition(
    "tenant_credentials_failing", Kind.GAUGE, "The same, of tenants that METRICS_TENANTS names", ("tenant", "provider")
)
TENANT_CREDENTIAL_LAST_SUCCESS = Definition(
    "tenant_credential_last_success_timestamp",
    Kind.GAUGE,
    "The same, of tenants that METRICS_TENANTS names",
    ("tenant", "provider"),
)
MAIL_DELIVERIES = Definition("mail_delivery", Kind.COUNTER, "Attempts at mails, by how they ended", ("kind", "status"))
MAIL_DURATION = Definition(
    "mail_delivery_duration_seconds", Kind.HISTOGRAM, "Handing a mail to the relay, until its answer", ("kind",)
)
DEFINITIONS = (
    *(JOBS, JOB_DURATION, JOB_WAIT, SWEPT, ROWS, RENDER_DURATION),
    *(TOKEN_FETCHED, TOKEN_EXPIRY, TOKEN_REFRESHES, TOKEN_FAILURES),
    *(SCHEDULE_LAST_SUCCESS, TICKER_LAST_TICK, WEBHOOK_DELIVERIES, WEBHOOK_DURATION),
    *(CREDENTIAL_CHECKS, CREDENTIAL_CHECK_DURATION, CREDENTIALS_FAILING, CREDENTIAL_LAST_SUCCESS),
    *(TENANT_CREDENTIALS_FAILING, TENANT_CREDENTIAL_LAST_SUCCESS),
    *(MAIL_DELIVERIES, MAIL_DURATION),
)


class _Recorder:
    """The instruments of this process, and what was last seen of each token."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram  # noqa: PLC0415

        self.registry: CollectorRegistry = CollectorRegistry()
        self.counters: dict[str, Counter] = {}
        self.histograms: dict[str, Histogram] = {}
        self.gauges: dict[str, Gauge] = {}
        for made in DEFINITIONS:
            arguments = (made.name, made.help, made.labels)
            if made.kind is Kind.COUNTER:
                self.counters[made.name] = Counter(*arguments, registry=self.registry)
            elif made.kind is Kind.HISTOGRAM:
                self.histograms[made.name] = Histogram(*arguments, registry=self.registry, buckets=_JOB_BUCKETS_S)
            else:
                self.gauges[made.name] = Gauge(*arguments, registry=self.registry, multiprocess_mode="livemax")
        self.forget_tokens()

    def forget_tokens(self) -> None:
        # A forked child has a credential of its own, which counts from zero.
        self.tokens_seen: dict[str, tuple[int, int]] = {}
        self.tokens_lock = threading.Lock()


_recorder: _Recorder | None = None


def enable(folder: Path | None = None) -> "CollectorRegistry":
    """Begin to record and return this process's registry; with ``folder``, in files that other processes can add up.

    Call it before any fork; forked children go on recording, each into files of its own. Raises ``RuntimeError`` where
    prometheus_client was imported before the folder was known, because it chooses then.
    """
    global _recorder  # noqa: PLW0603 - one process, one recorder
    if _recorder is None:
        if folder is not None:
            os.environ[FOLDER_VARIABLE] = str(folder)
            from prometheus_client import values  # noqa: PLC0415 - chooses now where numbers are kept

            if not values.ValueClass._multiprocess:
                raise RuntimeError("prometheus_client was imported before metrics.enable()")
        _recorder = made = _Recorder()
        os.register_at_fork(after_in_child=made.forget_tokens)
    return _recorder.registry


def is_enabled() -> bool:
    """Return whether anything is recorded, for those who would have to ask the database what to record."""
    return _recorder is not None


def schedule_succeeded(work: str, at: float) -> None:
    """Take down when a scheduled run last succeeded, in seconds since 1970."""
    if _recorder is not None:
        _recorder.gauges[SCHEDULE_LAST_SUCCESS.name].labels(work).set(at)


def ticked(driver: str, at: float) -> None:
    """Take down when a driver last ticked, in seconds since 1970."""
    if _recorder is not None:
        _recorder.gauges[TICKER_LAST_TICK.name].labels(driver).set(at)


def job_claimed(kind: str, waited_s: float) -> None:
    """Count a job that a worker took after it had been due for ``waited_s`` seconds."""
    if _recorder is not None:
        _recorder.histograms[JOB_WAIT.name].labels(kind).observe(max(0.0, waited_s))


def job_ended(kind: str, outcome: str, duration_s: float) -> None:
    """Count one attempt at a job; ``outcome`` is the state it was left in, or ``lost``."""
    if _recorder is not None:
        _recorder.counters[JOBS.name].labels(kind, outcome).inc()
        _recorder.histograms[JOB_DURATION.name].labels(kind).observe(duration_s)


def webhook_attempted(event_type: str, status: str, duration_s: float) -> None:
    """Count one attempt at a webhook; ``status`` is ``delivered``, ``retrying`` or ``failed``."""
    if _recorder is not None:
        _recorder.counters[WEBHOOK_DELIVERIES.name].labels(event_type, status).inc()
        _recorder.histograms[WEBHOOK_DURATION.name].labels(event_type).observe(duration_s)


def credential_checked(provider: str, result: str, duration_s: float) -> None:
    """Count one check of a credential; ``result`` is the state that its history has."""
    if _recorder is not None:
        _recorder.counters[CREDENTIAL_CHECKS.name].labels(provider, result).inc()
        _recorder.histograms[CREDENTIAL_CHECK_DURATION.name].labels(provider).observe(duration_s)


def credentials_stand(provider: str, *, failing: int, last_success_at: float | None, tenant: str | None = None) -> None:
    """Take down how many credentials of a provider fail now, and when one was last seen to work; of all tenants or of one
    that the settings name."""
    if _recorder is None:
        return
    failed, succeeded, labels = CREDENTIALS_FAILING, CREDENTIAL_LAST_SUCCESS, [provider]
    if tenant is not None:
        failed, succeeded, labels = TENANT_CREDENTIALS_FAILING, TENANT_CREDENTIAL_LAST_SUCCESS, [tenant, provider]
    _recorder.gauges[failed.name].labels(*labels).set(failing)
    if last_success_at is not None:
        _recorder.gauges[succeeded.name].labels(*labels).set(last_success_at)


def mail_attempted(kind: str, status: str, duration_s: float) -> None:
    """Count one attempt at a mail; ``status`` is ``accepted``, ``deferred``, ``refused``, ``failed`` or ``skipped``."""
    if _recorder is not None:
        _recorder.counters[MAIL_DELIVERIES.name].labels(kind, status).inc()
        _recorder.histograms[MAIL_DURATION.name].labels(kind).observe(duration_s)


def swept(counts: Mapping[str, int]) -> None:
    """Count what a sweep did."""
    if _recorder is not None:
        for outcome, count in counts.items():
            _recorder.counters[SWEPT.name].labels(outcome).inc(count)


def rows_read(*, accepted: int, rejected: int) -> None:
    """Count the rows of an export that was imported."""
    if _recorder is not None:
        _recorder.counters[ROWS.name].labels("accepted").inc(accepted)
        _recorder.counters[ROWS.name].labels("rejected").inc(rejected)


def file_rendered(file_format: str, *, succeeded: bool, duration_s: float) -> None:
    """Count one report file that was made or could not be."""
    if _recorder is not None:
        outcome = "succeeded" if succeeded else "failed"
        _recorder.histograms[RENDER_DURATION.name].labels(file_format, outcome).observe(duration_s)


def note_tokens_of(services: "Services") -> None:
    """Take down how it stands with the tokens of this process, where anybody will read it."""
    if _recorder is not None:
        note_tokens(services.credential.statuses())


def note_tokens(statuses: "Iterable[TokenStatus]") -> None:
    """Take down how it stands with this process's tokens; call it now and then."""
    recorder = _recorder
    if recorder is None:
        return
    now = time.time()
    with recorder.tokens_lock:
        for status in statuses:
            refreshes, failures = recorder.tokens_seen.get(status.scope, (0, 0))
            recorder.tokens_seen[status.scope] = (status.refreshes, status.refresh_failures)
            recorder.counters[TOKEN_REFRESHES.name].labels(status.scope).inc(max(0, status.refreshes - refreshes))
            recorder.counters[TOKEN_FAILURES.name].labels(status.scope).inc(max(0, status.refresh_failures - failures))
            if status.refreshes:
                recorder.gauges[TOKEN_FETCHED.name].labels(status.scope).set(now - status.age_s)
                recorder.gauges[TOKEN_EXPIRY.name].labels(status.scope).set(now + status.expires_in_s)
