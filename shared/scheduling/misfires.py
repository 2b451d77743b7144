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
    following = timing.after(first_planned_at)
    if following is None or following > now:
        # Nearly always: the tick comes between one run and the next.
        return _decide_one(schedule_id, rules, first_planned_at, following, now)
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
    runs = tuple(planned for planned in candidates[-wanted:] if _begins(schedule_id, rules, planned, now))
    last_missed = timing.newest(before_first, runs[0] - _INSTANT, 1) if runs else [newest]
    if not last_missed:
        return Decision(runs, None, next_planned_at)
    first = timing.after(before_first) or last_missed[0]
    count = max(timing.count(before_first, last_missed[0]), 1)
    return Decision(runs, _missed(rules, first, last_missed[0], count, any_run=bool(runs)), next_planned_at)


def _decide_one(
    schedule_id: UUID, rules: Rules, planned_at: datetime, following: datetime | None, now: datetime
) -> Decision:
    if rules.due_at(schedule_id, planned_at) > now:
        return Decision((), None, planned_at)
    if _begins(schedule_id, rules, planned_at, now):
        return Decision((planned_at,), None, following)
    return Decision((), _missed(rules, planned_at, planned_at, 1, any_run=False), following)


def _missed(rules: Rules, first: datetime, last: datetime, count: int, *, any_run: bool) -> Missed:
    if rules.misfire_policy is MisfirePolicy.SKIP:
        code, reason = "misfire_skipped", "Nobody started it within its grace, and the schedule skips what it missed."
    elif not any_run:
        code, reason = "expired", "Nobody started it before it expired."
    elif rules.misfire_policy is MisfirePolicy.RUN_ONCE:
        code, reason = "coalesced", "Nobody started it in time; one later run stands in for all that were missed."
    else:
        code, reason = "over_cap", "More runs were missed than the schedule makes up for; the newest were made up for."
    return Missed(first, last, count, code, reason, caught_up=code == "coalesced")


def _begins(schedule_id: UUID, rules: Rules, planned_at: datetime, now: datetime) -> bool:
    """Return whether a run that is due may begin, however late it is."""
    due_at = rules.due_at(schedule_id, planned_at)
    expires_at = rules.expires_at(due_at)
    if expires_at is not None and expires_at <= now:
        return False
    return rules.misfire_policy is not MisfirePolicy.SKIP or now - due_at <= timedelta(seconds=rules.misfire_grace_s)
