"""Making one check: asking whoever knows, and making a finding of whatever comes of it."""

import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from billiard.exceptions import SoftTimeLimitExceeded
from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.connections import discovery, examining
from shared.connections.examining import Examination
from shared.connections.secret_store import store_of
from shared.credential_health import keeping, recording
from shared.credential_health.connection_checks import finding_of
from shared.credential_health.providers import Credential, Outside, at_once_of, converted, judged, type_of
from shared.credential_health.recording import Made
from shared.credential_health.slots import Slots
from shared.credential_health.states import Finding, HealthState
from shared.credential_health.subjects import Subject
from shared.database.tables import AzureConnection, CredentialHealth, StoredCredential
from shared.errors import AdvisorReportsError
from shared.jobs.problems import JobCancelledError, LeaseLostError, TimeLimitError
from shared.jobs.run import JobRun
from shared.services import Services
from shared.vault import SecretMissingError

_log = logging.getLogger(__name__)

# Long enough that a check or two end meanwhile, short enough that others who wait for the worker do not notice.
PATIENCE_S = 5.0
_BACK_AFTER_S = 10.0
_LONGEST_BACK_AFTER_S = 120.0
_MOST_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check found, and what else it has to write."""

    finding: Finding
    duration_s: float
    examination: Examination | None = None


@contextmanager
def place(run: JobRun, subject: Subject, *, patience_s: float | None = None) -> Iterator[bool]:
    """Hold one of the provider's places for the length of the ``with`` block; gives whether there was one."""
    with Slots(run.services.redis).held(
        subject.provider,
        f"{run.claim.job_id}/{subject.id}",
        most=at_once_of(subject.provider),
        lease_s=run.claim.kind.hard_limit_s,
        patience_s=PATIENCE_S if patience_s is None else patience_s,
        wait=run.wait,
    ) as is_free:
        yield is_free


def back_after_s(times_before: int) -> float:
    """Return when to come back where there was no place: later each time, and not all at the same moment."""
    longest = min(_BACK_AFTER_S * 2.0 ** min(times_before, _MOST_DOUBLINGS), _LONGEST_BACK_AFTER_S)
    return random.uniform(longest / 2, longest)  # noqa: S311 - spreads load


def check(services: Services, subject: Subject, may_go_on: Callable[[], None]) -> Outcome:
    """Return what a check finds; call it outside transactions.

    Raises only what ends the job: whatever a provider, a vault or the network does is a finding.
    """
    began = time.monotonic()
    examination: Examination | None = None
    try:
        if isinstance(subject.row, AzureConnection):
            examination = _examined(services, subject.row, may_go_on, began)
            finding = finding_of(examination)
        else:
            finding = _asked(services, subject.row, may_go_on)
    except (JobCancelledError, LeaseLostError):
        raise
    except (TimeLimitError, SoftTimeLimitExceeded):
        finding = Finding.unreachable("time_limit", "The check took longer than it may.")
    except SecretMissingError as error:
        # What was just replaced belongs to another check by now, which is found out when this one is written down.
        finding = Finding(HealthState.INVALID, error.code, "The secret is not in its place any more.", "Set it again.")
    except AdvisorReportsError as error:
        finding = Finding.nothing_by(error)
    except Exception as error:  # noqa: BLE001 - providers are others' code; nothing in it says anything of the credential
        told = {"action": "provider_failed", "provider": subject.provider, "error": type(error).__name__}
        _log.error("a provider made a mistake", extra=told)
        text = f"The provider made a mistake ({type(error).__name__})."
        finding = Finding.unreachable("provider_failed", text, "Tell whoever made the provider.")
    finding = _with_end(services, subject, finding)
    return Outcome(finding, time.monotonic() - began, examination)


def write(
    session: Session, run: JobRun, subject: Subject, outcome: Outcome, trigger: str
) -> tuple[CredentialHealth | None, Made | None]:
    """Write a check down, unless the credential is gone, was changed or was taken by another job meanwhile.

    Returns its row, and the check where it was written.
    """
    if isinstance(subject.row, AzureConnection):
        # The connection before its health, as whoever changes or removes it does, so that nobody waits in a circle.
        session.execute(select(AzureConnection.id).where(AzureConnection.id == subject.id).with_for_update(key_share=True))
    row = session.scalars(
        select(CredentialHealth)
        .where(CredentialHealth.id == subject.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None or row.job_id != run.claim.job_id:
        return row, None
    if outcome.examination is not None and isinstance(subject.row, AzureConnection):
        if outcome.examination.subscriptions is not None:
            discovery.keep(session, subject.row, outcome.examination.subscriptions)
        examining.note(session, subject.row, outcome.examination)
    made = Made(outcome.finding, outcome.duration_s, trigger, run.claim.job_id)
    return row, recording.record(session, run.services.settings, row, subject, made)


def _examined(services: Services, connection: AzureConnection, may_go_on: Callable[[], None], began: float) -> Examination:
    try:
        return examining.examine(services, connection, check=may_go_on)
    except (JobCancelledError, LeaseLostError, TimeLimitError):
        raise
    except AdvisorReportsError as error:
        return Examination.failed(error, began=began)


def _asked(services: Services, row: StoredCredential, may_go_on: Callable[[], None]) -> Finding:
    provider, wanted = type_of(row.provider, row.credential_type)
    configuration = converted(row.configuration, wanted.configuration, "configuration")
    secret = keeping.get(services, row.tenant_id, row.secret_name, row.secret_version, wanted.secret)
    may_go_on()
    credential = Credential(row.credential_type, configuration, secret)
    return judged(provider, credential, Outside(services.settings, may_go_on))


def _with_end(services: Services, subject: Subject, finding: Finding) -> Finding:
    """Return ``finding`` with the earliest end that anybody knows of: the provider, somebody who said so, the vault."""
    known, knows_end = [finding.expires_at, subject.said_to_end_at], True
    if subject.secret is not None and finding.state is not HealthState.UNREACHABLE:
        try:
            known.append(store_of(services).expiry(subject.tenant_id, *subject.secret))
        except AdvisorReportsError as error:
            knows_end = False
            _log.info("a store did not say when a secret ends", extra={"action": "expiry_unknown", "code": error.code})
    return replace(finding, expires_at=min((end for end in known if end is not None), default=None), knows_end=knows_end)
