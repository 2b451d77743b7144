"""Testing a connection: signing in, listing what it sees, and whether Advisor and Resource Graph can be read."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Self
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from shared.azure.calls import AzureCalls
from shared.azure.errors import (
    AzureCallError,
    AzureNetworkError,
    AzurePermissionError,
    AzureRefusedError,
    AzureThrottledError,
)
from shared.azure.limiter import QueryLimiter
from shared.connections import connections, discovery
from shared.connections.bounded_work import bounded
from shared.connections.credentials import credential_of
from shared.connections.discovery import Discovery, Found
from shared.connections.failing import tell_of_failure
from shared.connections.verdict import Verdict
from shared.database.tables import AzureConnection, Job
from shared.database.tables.azure_connection import ConnectionStatus
from shared.database.tables.job import JobState
from shared.errors import AdvisorReportsError
from shared.jobs.kinds import TEST_AZURE_CONNECTION
from shared.jobs.requests import add_job
from shared.services import Services
from shared.vault import SecretMissingError

ADVISOR_ACTION = "Microsoft.Advisor/recommendations/read"
GRAPH_ACTION = "Microsoft.ResourceGraph/resources/read"
ADVISOR_VERSION = "2023-01-01"
# Roles are given to management groups or to single subscriptions; a few tell whether it was forgotten.
_SAMPLED = 3
# States in which a subscription need not answer.
_ASLEEP = {"disabled"}
_NOT_REGISTERED = "MissingSubscriptionRegistration"
_WARNED_BEFORE = timedelta(days=30)
# Three windows of Resource Graph's quota, should fetches of the same principal take all of the first two.
QUOTA_PATIENCE_S = 15.0
_NAP_S = 0.2


class AzureSilentError(AzureNetworkError):
    """Azure did not answer for as long as a test may take."""

    code = "azure_silent"

    def __init__(self, limit_s: float) -> None:
        super().__init__()
        self.message = f"Azure did not answer within {limit_s:,.0f} seconds."
        self.next_step = "Test again; if it stays, check that this network lets HTTPS through to Entra and Resource Manager."


@dataclass(frozen=True, slots=True)
class Examination:
    """One test: its result, and the subscriptions where they could be listed."""

    result: Verdict
    subscriptions: Sequence[Found] | None = None
    is_conclusive: bool = True
    """Whether it says something of the connection, rather than of the moment."""

    @classmethod
    def failed(cls, error: AdvisorReportsError, *, began: float) -> Self:
        """Return the test that ended with ``error``; ``began`` is of the monotonic clock."""
        # A secret that is missing twice was not just being replaced.
        is_conclusive = not error.retryable or isinstance(error, SecretMissingError)
        return cls(_timed(Verdict.of(error), began), is_conclusive=is_conclusive)


def ask(session: Session, connection_id: UUID, *, trace_id: str | None) -> tuple[Job, bool]:
    """Return the job that tests a connection, and whether it is new and has to be published after the commit.

    Raises :class:`~shared.connections.connections.ConnectionNotFoundError`.
    """
    connection = connections.find(session, connection_id, lock=True)
    under_way = session.scalars(
        select(Job).where(Job.id == connection.test_job_id, Job.state.in_((JobState.QUEUED, JobState.RUNNING)))
    ).one_or_none()
    if under_way is not None:
        return under_way, False
    arguments = {"connection_id": str(connection_id)}
    job = add_job(session, TEST_AZURE_CONNECTION, tenant_id=connection.tenant_id, arguments=arguments, trace_id=trace_id)
    connection.test_job_id = job.id
    session.flush()
    return job, True


def examine(services: Services, connection: AzureConnection, *, check: Callable[[], None] = lambda: None) -> Examination:
    """Test a connection; call it outside transactions. ``check`` is called a few times a second and may raise.

    Raises what ``check`` raises, whatever Azure does, and what may go away by itself
    (:attr:`~shared.errors.AdvisorReportsError.retryable`); anything else is a result.
    """
    return bounded(lambda check_within: _examined(services, connection, check_within), check)


def _examined(services: Services, connection: AzureConnection, check: Callable[[], None]) -> Examination:
    began = time.monotonic()
    try:
        # A token of before would hide that what it was signed in with is worth nothing any more.
        credential = credential_of(services, connection, anew=True)
        gate = QueryLimiter(services.redis, queries=services.settings.azure_graph_queries)
        # What fails here is tried again by the job; only for the quota that fetches share somebody waits on the line.
        with AzureCalls(services.settings, credential, wait=_patient(check), hasty=True) as calls:
            found = discovery.look(calls, connection, gate=gate, check=check)
            result = _judged(calls, found, check)
        if result.success:
            result = replace(result, next_step=_before_the_end(connection.secret_expires_at))
    except AdvisorReportsError as error:
        if error.retryable or not isinstance(error, AzureCallError):
            raise
        return Examination.failed(error, began=began)
    return Examination(_timed(result, began), found.subscriptions)


def _patient(check: Callable[[], None]) -> Callable[[float], None]:
    """Return what waits for the quota, so long in all and no longer, and hears from ``check`` meanwhile."""
    left_s = QUOTA_PATIENCE_S

    def wait(seconds: float) -> None:
        nonlocal left_s
        if seconds > left_s:
            raise AzureThrottledError(retry_after_s=seconds)
        left_s -= seconds
        until = time.monotonic() + seconds
        while (rest := until - time.monotonic()) > 0:
            check()
            time.sleep(min(rest, _NAP_S))
        check()

    return wait


def note(session: Session, connection: AzureConnection, examination: Examination) -> bool:
    """Keep the result with the connection, unless it is gone or signs in with something else by now; return whether it was.

    A moment in which Azure could not answer does not make a working connection a failing one.
    """
    result = examination.result
    status = ConnectionStatus.WORKING if result.success else ConnectionStatus.FAILING
    stands = {"status": status} if examination.is_conclusive else {}
    before = session.scalar(select(AzureConnection.status).where(AzureConnection.id == connection.id).with_for_update())
    noted = session.execute(
        update(AzureConnection)
        .where(
            AzureConnection.id == connection.id,
            AzureConnection.deleted_at.is_(None),
            AzureConnection.secret_version.is_not_distinct_from(connection.secret_version),
            AzureConnection.directory_id.is_not_distinct_from(connection.directory_id),
            AzureConnection.application_id.is_not_distinct_from(connection.application_id),
        )
        .values(**stands, tested_at=func.clock_timestamp(), test_result=result.stored())
        .returning(AzureConnection.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if noted and (before, stands.get("status")) == (ConnectionStatus.WORKING, ConnectionStatus.FAILING):
        tell_of_failure(session, connection, result)
    return noted is not None


def _judged(calls: AzureCalls, found: Discovery, check: Callable[[], None]) -> Verdict:
    count = len(found.subscriptions)
    if not count:
        return Verdict(
            False,
            "The connection signs in, yet sees no subscription.",
            error_code="no_subscriptions",
            next_step="Give it the role Reader on the subscriptions or on a management group above them; new roles take "
            "effect within some minutes.",
        )
    missing = [GRAPH_ACTION] if found.graph_error is not None else []
    refused = _unreadable(calls, _sample_of(found.subscriptions), check)
    if refused:
        missing.append(ADVISOR_ACTION)
    seen = f"{count:,} subscription{'' if count == 1 else 's'}"
    if not missing:
        return Verdict(True, f"The connection works and sees {seen}.", count)
    what = " and ".join(
        ([f"the recommendations of {', '.join(refused)}"] if refused else [])
        + (["Resource Graph"] if found.graph_error else [])
    )
    return Verdict(
        False,
        f"The connection signs in and sees {seen}, but may not read {what}.",
        count,
        tuple(missing),
        "permission_missing",
        "Give it the role Reader, which holds these permissions, on the subscriptions or on a management group above them.",
    )


def _before_the_end(expires_at: datetime | None) -> str:
    if expires_at is None or expires_at - datetime.now(UTC) > _WARNED_BEFORE:
        return ""
    return f"What it signs in with expires on {expires_at:%Y-%m-%d}: make a new one and change the connection before."


def _sample_of(subscriptions: Sequence[Found]) -> Sequence[Found]:
    living = [found for found in subscriptions if found.state.lower() not in _ASLEEP]
    return (living or subscriptions)[:_SAMPLED]


def _unreadable(calls: AzureCalls, sample: Sequence[Found], check: Callable[[], None]) -> list[str]:
    """Return the names of the subscriptions whose recommendations may not be read."""
    refused = []
    for found in sample:
        path = f"/subscriptions/{found.subscription_id}/providers/Microsoft.Advisor/recommendations"
        options = {"api-version": ADVISOR_VERSION, "$top": "1"}
        try:
            calls.get(path, asked_for=f"list the recommendations of {found.name}", **options)
        except AzurePermissionError:
            refused.append(found.name)
        except AzureRefusedError as error:
            # Nobody ever looked at Advisor there, so it has nothing to say yet.
            if error.azure_code != _NOT_REGISTERED:
                refused.append(found.name)
        check()
    return refused


def _timed(result: Verdict, began: float) -> Verdict:
    return replace(result, duration_ms=round((time.monotonic() - began) * 1000))
