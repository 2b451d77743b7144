"""Writing down a check: how it stands now, the history and what has to be told, all in one transaction."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared import events
from shared.connections.examining import Examination
from shared.credential_health import deciding, enrolment
from shared.credential_health.connection_checks import finding_of
from shared.credential_health.deciding import Expiring, Failed, Policy, Recovered, Standing, Telling
from shared.credential_health.dependents import dependents_of
from shared.credential_health.states import Finding, HealthState
from shared.credential_health.subjects import Subject
from shared.database.tables import AzureConnection, CredentialCheck, CredentialHealth
from shared.events.payloads import (
    CredentialExpiring,
    CredentialFailed,
    CredentialRecovered,
    Dependents,
    Payload,
    short,
)
from shared.jobs.run import JobRun
from shared.settings import Settings
from shared.telemetry import context, metrics
from shared.telemetry.redaction import redact

_MAX_CODE_CHARS = 100
_MAX_TEXT_CHARS = 1000
_MAX_PERMISSIONS = 50
_MAX_PERMISSION_CHARS = 200


@dataclass(frozen=True, slots=True)
class Made:
    """A check that was made."""

    finding: Finding
    duration_s: float
    trigger: str
    """``scheduled``, ``manual`` or ``test``."""
    job_id: UUID


def policy_of(settings: Settings, row: CredentialHealth) -> Policy:
    """Return the rules by which a credential is judged: the installation's, and its own number of failures."""
    remind_hours = settings.credential_reminder_hours
    return Policy(
        interval=timedelta(hours=settings.credential_health_check_interval_hours),
        alert_after=row.alert_after or settings.credential_consecutive_failures_before_alert,
        remind_every=timedelta(hours=remind_hours) if remind_hours else None,
    )


def record(session: Session, settings: Settings, row: CredentialHealth, subject: Subject, made: Made) -> Made:
    """Take a check into the locked ``row`` of its credential, keep it in the history and record what has to be told.

    Returns the check as it is in the history: of an end that is known, what was found invalid has expired.
    """
    now = datetime.now(UTC)
    after, told = deciding.decide(row.id, standing_of(row), made.finding, now, policy_of(settings, row))
    _write(row, after, made.finding, now)
    session.add(
        CredentialCheck(
            tenant_id=row.tenant_id,
            credential_id=row.id,
            checked_at=now,
            duration_ms=round(made.duration_s * 1000),
            state=row.state,
            code=row.code,
            message=row.message,
            next_step=row.next_step,
            missing_permissions=row.missing_permissions,
            excess_permissions=row.excess_permissions,
            expires_at=row.expires_at,
            trigger=made.trigger,
            job_id=made.job_id,
            task_id=context.current().get("task_id"),
        )
    )
    session.flush()
    if told:
        dependents = dependents_of(session, subject)
        payloads = _payloads(row, subject, told, dependents, now)
        events.record_all(session, (events.Happened(row.tenant_id, payload, subject.client_id) for payload in payloads))
    return replace(made, finding=replace(made.finding, state=after.state))


def record_test(session: Session, run: JobRun, connection: AzureConnection, examination: Examination) -> None:
    """Take a test of a connection, which somebody asked for, as the check that it is."""
    enrolment.enrol(session, connection.tenant_id, connection.id, enrolment.AZURE, connection.kind)
    row = session.scalars(select(CredentialHealth).where(CredentialHealth.id == connection.id).with_for_update()).one()
    subject = Subject(connection.id, connection.tenant_id, enrolment.AZURE, connection.kind, connection)
    # Nobody asked the vault again.
    finding = replace(finding_of(examination), expires_at=row.expires_at or connection.secret_expires_at)
    made = Made(finding, examination.result.duration_ms / 1000, "test", run.claim.job_id)
    count(subject, record(session, run.services.settings, row, subject, made))


def count(subject: Subject, made: Made) -> None:
    """Let metrics know of a check as it was written down."""
    metrics.credential_checked(subject.provider, made.finding.state.value, made.duration_s)


def standing_of(row: CredentialHealth) -> Standing:
    """Return what the checks before have left."""
    return Standing(
        state=HealthState(row.state),
        last_success_at=row.last_success_at,
        failures=row.consecutive_failures,
        successes=row.consecutive_successes,
        outages=row.consecutive_outages,
        failing_since=row.failing_since,
        counted_at=row.counted_at,
        told_at=row.told_at,
        expires_at=row.expires_at,
        expiry_told_for=row.expiry_told_for,
        expiry_told_days=row.expiry_told_days,
        next_check_at=row.next_check_at,
    )


def answer_of(row: CredentialHealth, name: str, *, was_checked: bool, note: str = "") -> dict[str, Any]:
    """Return how it stands with a credential, as jobs answer it; ``note`` says why it was not checked."""
    return {
        "credential_id": str(row.id),
        "name": name,
        "provider": row.provider,
        "credential_type": row.credential_type,
        "was_checked": was_checked,
        "note": note,
        "state": row.state,
        "code": row.code,
        "message": row.message,
        "next_step": row.next_step,
        "missing_permissions": list(row.missing_permissions),
        "excess_permissions": list(row.excess_permissions),
        "expires_at": row.expires_at.isoformat() if row.expires_at else None,
        "checked_at": row.checked_at.isoformat() if row.checked_at else None,
        "consecutive_failures": row.consecutive_failures,
    }


def _write(row: CredentialHealth, after: Standing, finding: Finding, now: datetime) -> None:
    row.state = after.state.value
    row.code = _text(finding.code, _MAX_CODE_CHARS)
    row.message = _text(finding.message, _MAX_TEXT_CHARS)
    row.next_step = _text(finding.next_step, _MAX_TEXT_CHARS)
    row.missing_permissions = _permissions(finding.missing_permissions)
    row.excess_permissions = _permissions(finding.excess_permissions)
    row.checked_at = now
    row.last_success_at = after.last_success_at
    row.consecutive_failures = after.failures
    row.consecutive_successes = after.successes
    row.consecutive_outages = after.outages
    row.failing_since = after.failing_since
    row.counted_at = after.counted_at
    row.told_at = after.told_at
    row.expires_at = after.expires_at
    row.expiry_told_for = after.expiry_told_for
    row.expiry_told_days = after.expiry_told_days
    row.next_check_at = after.next_check_at or now
    row.job_id = None


def _permissions(given: tuple[str, ...]) -> list[str]:
    return [_text(name, _MAX_PERMISSION_CHARS) for name in given[:_MAX_PERMISSIONS]]


def _text(given: str, most_chars: int) -> str:
    # What others' servers send and others' code makes of it: PostgreSQL holds neither NUL nor halves of characters.
    return redact(given.replace("\0", "").encode(errors="replace").decode())[:most_chars]


def _payloads(
    row: CredentialHealth, subject: Subject, told: tuple[Telling, ...], dependents: Dependents, now: datetime
) -> Iterator[Payload]:
    about: dict[str, Any] = {
        "provider": short(row.provider),
        "credential_type": short(row.credential_type),
        "credential_id": row.id,
        "name": short(subject.name),
        "link": f"/api/v1/credential-health/{row.id}",
        "dependents": dependents,
    }
    for one in told:
        match one:
            case Failed(failures, failing_since, is_reminder):
                yield CredentialFailed(
                    **about,
                    state=row.state,
                    error_code=short(row.code),
                    error=short(row.message),
                    next_step=short(row.next_step),
                    missing_permissions=row.missing_permissions,
                    excess_permissions=row.excess_permissions,
                    consecutive_failures=failures,
                    failing_since=failing_since,
                    is_reminder=is_reminder,
                )
            case Recovered(failing_since):
                yield CredentialRecovered(**about, failing_since=failing_since)
            case Expiring(expires_at, days_left):
                next_step = f"Make a new one before {expires_at:%Y-%m-%d} and set it here."
                yield CredentialExpiring(**about, expires_at=expires_at, days_left=days_left, next_step=next_step)
