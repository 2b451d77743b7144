"""What becomes of runs that nobody began in time, under each policy."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from shared.scheduling.misfires import decide
from shared.scheduling.rules import MisfirePolicy, Rules
from shared.scheduling.timing import Cron, Interval, Once, Timing, When

_ID = UUID("01a201c9-f3e0-75c0-adcc-255f9733b2d8")
_MIDNIGHT = datetime(2026, 11, 26, tzinfo=UTC)
_HOURLY = Cron("0 * * * *")


def _at(hours: float) -> datetime:
    return _MIDNIGHT + timedelta(hours=hours)


def _timing(when: When = _HOURLY) -> Timing:
    return Timing(when=when, starts_at=_MIDNIGHT - timedelta(days=400))


def _rules(policy: str = "run_once", **fields: int) -> Rules:
    return Rules(misfire_policy=MisfirePolicy(policy), **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("policy", MisfirePolicy)
def test_run_within_its_grace_begins_under_every_policy(policy: MisfirePolicy) -> None:
    decision = decide(_ID, _timing(), _rules(policy), _at(7), _at(7) + timedelta(seconds=299))
    assert (decision.runs, decision.missed, decision.next_planned_at) == ((_at(7),), None, _at(8))


def test_after_a_day_of_downtime_skip_goes_on_with_the_next() -> None:
    decision = decide(_ID, _timing(), _rules("skip"), _at(1), _at(24.5))
    assert (decision.runs, decision.next_planned_at) == ((), _at(25))
    assert decision.missed is not None
    assert (decision.missed.first_planned_at, decision.missed.last_planned_at) == (_at(1), _at(24))
    assert (decision.missed.occurrences, decision.missed.caught_up) == (24, False)


def test_after_a_day_of_downtime_skip_still_begins_what_is_within_its_grace() -> None:
    decision = decide(_ID, _timing(), _rules("skip"), _at(1), _at(24) + timedelta(minutes=2))
    assert (decision.runs, decision.next_planned_at) == ((_at(24),), _at(25))
    assert decision.missed is not None
    assert (decision.missed.last_planned_at, decision.missed.occurrences) == (_at(23), 23)


def test_after_a_day_of_downtime_run_once_begins_one_for_all() -> None:
    decision = decide(_ID, _timing(), _rules("run_once"), _at(1), _at(24.5))
    assert (decision.runs, decision.next_planned_at) == ((_at(24),), _at(25))
    assert decision.missed is not None
    assert (decision.missed.occurrences, decision.missed.reason_code, decision.missed.caught_up) == (23, "coalesced", True)


@pytest.mark.parametrize(("cap", "begun", "missed"), [(100, 24, 0), (24, 24, 0), (23, 23, 1), (3, 3, 21)])
def test_after_a_day_of_downtime_run_all_makes_up_for_the_newest_up_to_its_cap(cap: int, begun: int, missed: int) -> None:
    decision = decide(_ID, _timing(), _rules("run_all", misfire_cap=cap), _at(1), _at(24.5))
    assert decision.runs == tuple(_at(hour) for hour in range(25 - begun, 25))
    assert (decision.missed.occurrences if decision.missed else 0) == missed


def test_run_that_expired_is_missed_under_every_policy() -> None:
    for policy in MisfirePolicy:
        decision = decide(_ID, _timing(), _rules(policy, expires_after_s=600), _at(7), _at(7.5))
        assert decision.runs == ()
        assert decision.missed is not None
        assert decision.missed.occurrences == 1


def test_jitter_moves_each_run_by_its_own_and_keeps_it_one_run() -> None:
    rules = _rules("skip", jitter_s=1800, misfire_grace_s=60)
    due_at = rules.due_at(_ID, _at(7))
    assert _at(7) <= due_at <= _at(7.5)
    assert len({rules.due_at(_ID, _at(hour)) - _at(hour) for hour in range(24)}) > 12
    early = decide(_ID, _timing(), rules, _at(7), due_at - timedelta(seconds=1))
    assert (early.runs, early.missed, early.next_planned_at) == ((), None, _at(7))
    assert decide(_ID, _timing(), rules, _at(7), due_at).runs == (_at(7),)


def test_one_off_runs_once_and_is_over() -> None:
    decision = decide(_ID, _timing(Once(_at(7))), _rules(), _at(7), _at(7.01))
    assert (decision.runs, decision.missed, decision.next_planned_at) == ((_at(7),), None, None)


def test_interval_keeps_its_rhythm_whenever_the_tick_comes() -> None:
    timing = Timing(when=Interval(3600), starts_at=_at(0.25))
    decision = decide(_ID, timing, _rules(), _at(7.25), _at(7.3))
    assert (decision.runs, decision.next_planned_at) == ((_at(7.25),), _at(8.25))


def test_a_year_of_downtime_is_decided_at_once_and_counted_up_to_a_bound() -> None:
    timing = _timing(Cron("* * * * *"))
    decision = decide(_ID, timing, _rules("run_all"), _MIDNIGHT - timedelta(days=365), _at(0.001))
    assert len(decision.runs) == 10
    assert decision.missed is not None
    assert decision.missed.occurrences == 2000


def test_schedule_does_not_run_after_its_end() -> None:
    timing = Timing(when=_HOURLY, starts_at=_at(-100), ends_at=_at(8))
    decision = decide(_ID, timing, _rules("run_all"), _at(7), _at(12))
    assert (decision.runs, decision.missed, decision.next_planned_at) == ((_at(7), _at(8)), None, None)
