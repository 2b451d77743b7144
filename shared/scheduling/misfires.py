"""Which runs of a due schedule begin now, which were missed, and which is next: a decision without any database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from shared.scheduling.rules import MisfirePolicy, Rules
from shared.scheduling.timing import Timing

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Missed:
    """Runs that will not take place: one stretch of time, however many they were."""

    first_planned_at: datetime
    last_planned_at: datetime
    occurrences: int
    """No more than 2,000 are counted."""
    reason_code: str
    reason: str
    caught_up: bool
    """Whether a later run stands in for them."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a schedule at one moment."""

    runs: tuple[datetime, ...]
    """The planned times of the runs that begin, the earliest first."""
    missed: Missed | None
    next_planned_at: datetime | None


def decide(schedule_id: UUID, timing: Timing, rules: Rules, first_planned_at: datetime, now: datetime) -> Decision:
    """Decide about all runs planned from ``first_planned_at`` (which is one of them) to ``now``."""
    wanted = rules.misfire_cap if rules.misfire_policy is MisfirePolicy.RUN_ALL else 1
    before_first = first_planned_at - _INSTANT
    candidates = timing.newest(before_first, now, wanted + 1) or [first_planned_at]
    if rules.due_at(schedule_id, candidates[-1]) > now:
        # Its time has come, its jitter has not passed: the one before it is the newest that is due.
        next_planned_at: datetime | None = candidates.pop()
    else:
        next_planned_at = timing.after(max(candidates[-1], now))
    if not candidates:
        return Decision((), None, next_planned_at)
    newest = candidates[-1]
    runs = tuple(
        planned
        for planned in candidates[-wanted:]
        if not _expired(rules, schedule_id, planned, now)
        and (rules.misfire_policy is not MisfirePolicy.SKIP or _lateness(rules, schedule_id, planned, now) <= _grace(rules))
    )
    last_missed = timing.newest(before_first, runs[0] - _INSTANT, 1) if runs else [newest]
    if not last_missed:
        return Decision(runs, None, next_planned_at)
    return Decision(runs, _missed(timing, rules, before_first, last_missed[0], bool(runs)), next_planned_at)


def _missed(timing: Timing, rules: Rules, before_first: datetime, last: datetime, any_run: bool) -> Missed:
    first = timing.after(before_first) or last
    count = max(timing.count(before_first, last), 1)
    if rules.misfire_policy is MisfirePolicy.SKIP:
        code, reason = "misfire_skipped", "Nobody started it within its grace, and the schedule skips what it missed."
    elif not any_run:
        code, reason = "expired", "Nobody started it before it expired."
    elif rules.misfire_policy is MisfirePolicy.RUN_ONCE:
        code, reason = "coalesced", "Nobody started it in time; one later run stands in for all that were missed."
    else:
        code, reason = "over_cap", "More runs were missed than the schedule makes up for; the newest were made up for."
    return Missed(first, last, count, code, reason, caught_up=code == "coalesced")


def _lateness(rules: Rules, schedule_id: UUID, planned_at: datetime, now: datetime) -> timedelta:
    return now - rules.due_at(schedule_id, planned_at)


def _grace(rules: Rules) -> timedelta:
    return timedelta(seconds=rules.misfire_grace_s)


def _expired(rules: Rules, schedule_id: UUID, planned_at: datetime, now: datetime) -> bool:
    expires_at = rules.expires_at(rules.due_at(schedule_id, planned_at))
    return expires_at is not None and expires_at <= now
