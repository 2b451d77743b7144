"""What follows from a check: a function of what was known, what was found and the time, and of nothing else."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from shared.credential_health import timing
from shared.credential_health.states import FAILURES, Finding, HealthState

EXPIRY_DAYS = (90, 60, 30, 14, 7, 1)
"""Before the end of a credential at which it is told, each once."""
GOOD_CHECKS_TO_RECOVER = 2
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Policy:
    """By which rules a credential is judged."""

    interval: timedelta
    alert_after: int
    """Consecutive failures until somebody is told."""
    remind_every: timedelta | None
    """While it goes on; ``None``: never again."""


@dataclass(frozen=True, slots=True)
class Standing:
    """All that is known of a credential from the checks before."""

    state: HealthState = HealthState.UNCHECKED
    last_success_at: datetime | None = None
    failures: int = 0
    """In a row; outages in between do not count."""
    successes: int = 0
    """In a row, likewise."""
    outages: int = 0
    """In a row."""
    failing_since: datetime | None = None
    counted_at: datetime | None = None
    """When a failure was last counted."""
    told_at: datetime | None = None
    """When the incident that goes on was last told; ``None``: there is none, or nobody was told yet."""
    expires_at: datetime | None = None
    expiry_told_for: datetime | None = None
    """The end of which was told."""
    expiry_told_days: int | None = None
    """The last of :data:`EXPIRY_DAYS` that was told."""
    next_check_at: datetime | None = None

    def rests_until(self) -> datetime | None:
        """Return until when the credential is left alone because it was just refused."""
        if self.state not in FAILURES or self.counted_at is None:
            return None
        return self.counted_at + timing.rest_after_refusal(self.failures)


@dataclass(frozen=True, slots=True)
class Failed:
    """Somebody has to be told that the credential does not work, for the first time or again."""

    failures: int
    failing_since: datetime
    is_reminder: bool


@dataclass(frozen=True, slots=True)
class Recovered:
    """Those who were told have to hear that it works again."""

    failing_since: datetime


@dataclass(frozen=True, slots=True)
class Expiring:
    """The credential ends in so many days."""

    expires_at: datetime
    days_left: int


Telling = Failed | Recovered | Expiring


def decide(
    credential_id: UUID, before: Standing, finding: Finding, now: datetime, policy: Policy
) -> tuple[Standing, tuple[Telling, ...]]:
    """Return what is known after a check, and what has to be told."""
    # Only who was let in can be told of an end, or that there is none; else one of those who know may not have been asked.
    is_told = finding.state is HealthState.HEALTHY and finding.knows_end
    known_ends = [end for end in (finding.expires_at, None if is_told else before.expires_at) if end is not None]
    expires_at = min(known_ends, default=None)
    state = _state_of(finding, expires_at, now)
    known = replace(before, state=state, expires_at=expires_at)
    told: list[Telling] = []
    if state is HealthState.UNREACHABLE:
        known = replace(known, outages=before.outages + 1)
        at = timing.after_outage(credential_id, now, policy.interval, known.outages)
    elif state in FAILURES:
        known, failed = _failed(known, before, now, policy)
        told += failed
        at = timing.after_refusal(credential_id, now, policy.interval, known.failures)
    else:
        known, recovered = _succeeded(known, now)
        told += recovered
        # Whoever was told waits to hear that it works again.
        at = timing.after_good(credential_id, now, policy.interval)
        at = min(at, now + timing.SOON) if known.told_at is not None else at
    if state not in FAILURES:
        known, expiring = _look_ahead(known, now)
        told += expiring
    return replace(known, next_check_at=at), tuple(told)


def _state_of(finding: Finding, expires_at: datetime | None, now: datetime) -> HealthState:
    if finding.state is HealthState.INVALID and expires_at is not None and expires_at <= now:
        return HealthState.EXPIRED
    if finding.state is HealthState.HEALTHY and expires_at is not None and expires_at - now <= EXPIRY_DAYS[0] * _DAY:
        return HealthState.EXPIRING
    return finding.state


def _failed(known: Standing, before: Standing, now: datetime, policy: Policy) -> tuple[Standing, list[Telling]]:
    rests_until = before.rests_until()
    is_repeat = rests_until is not None and before.counted_at is not None and before.counted_at <= now < rests_until
    # Whoever asks by hand ten times in a minute has learned one thing, not ten.
    failures = before.failures + (0 if is_repeat else 1)
    known = replace(
        known,
        failures=failures,
        successes=0,
        outages=0,
        failing_since=before.failing_since or now,
        counted_at=before.counted_at if is_repeat else now,
    )
    assert known.failing_since is not None  # noqa: S101 - for the type
    if before.told_at is None:
        if failures < policy.alert_after:
            return known, []
        return replace(known, told_at=now), [Failed(failures, known.failing_since, is_reminder=False)]
    if policy.remind_every is None or now - before.told_at < policy.remind_every - _early(policy, policy.remind_every):
        return known, []
    return replace(known, told_at=now), [Failed(failures, known.failing_since, is_reminder=True)]


def _early(policy: Policy, remind_every: timedelta) -> timedelta:
    """Return by how much a reminder may come too soon: no check is made to the minute, and the next may be a day away."""
    return min(policy.interval, remind_every) / 4


def _succeeded(known: Standing, now: datetime) -> tuple[Standing, list[Telling]]:
    known = replace(known, failures=0, outages=0, successes=known.successes + 1, counted_at=None, last_success_at=now)
    if known.told_at is None:
        return replace(known, failing_since=None), []
    if known.successes < GOOD_CHECKS_TO_RECOVER or known.failing_since is None:
        return known, []
    return replace(known, told_at=None, failing_since=None), [Recovered(known.failing_since)]


def _look_ahead(known: Standing, now: datetime) -> tuple[Standing, list[Telling]]:
    if known.expires_at is None:
        return known, []
    left = known.expires_at - now
    # An end that moves on by less than a day is the same end, told a little otherwise.
    is_renewed = known.expiry_told_for is None or known.expires_at - known.expiry_told_for > _DAY
    told_days = None if is_renewed else known.expiry_told_days
    passed = [days for days in EXPIRY_DAYS if left <= days * _DAY]
    if not passed or (told_days is not None and min(passed) >= told_days):
        # What was told of an end that is no more is forgotten.
        return replace(known, expiry_told_for=None, expiry_told_days=None) if is_renewed else known, []
    told = Expiring(known.expires_at, days_left_of(known.expires_at, now))
    return replace(known, expiry_told_for=known.expires_at, expiry_told_days=min(passed)), [told]


def days_left_of(expires_at: datetime, now: datetime) -> int:
    """Return the whole days that are left, a begun one included; 0 where it is over."""
    return max(-((now - expires_at) // _DAY), 0)
