"""What follows from a check: by table, and by the rules that hold for every course of checks."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.credential_health import timing
from shared.credential_health.deciding import (
    EXPIRY_DAYS,
    Expiring,
    Failed,
    Policy,
    Recovered,
    Standing,
    Telling,
    decide,
)
from shared.credential_health.states import FAILURES, Finding, HealthState
from shared.identifiers import new_id

_ID = UUID("01a201c9-f3e0-75c0-adcc-255f9733b2d8")
_NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_POLICY = Policy(interval=6 * _HOUR, alert_after=3, remind_every=24 * _HOUR)
_GOOD, _BAD, _AWAY = (
    Finding.healthy("It works."),
    Finding(HealthState.INVALID, "refused", "It was refused."),
    Finding.unreachable("vault_unavailable", "The vault is away."),
)
_LESS = Finding(HealthState.INSUFFICIENT, "permission_missing", "It may not read.", missing_permissions=("read",))
_OF = {"g": _GOOD, "b": _BAD, "l": _LESS, "-": _AWAY}


def _course(
    findings: Iterable[Finding], *, every: timedelta = 6 * _HOUR, policy: Policy = _POLICY
) -> list[tuple[Standing, tuple[Telling, ...]]]:
    standing, course = Standing(), []
    for number, finding in enumerate(findings):
        standing, told = decide(_ID, standing, finding, _NOW + number * every, policy)
        course.append((standing, told))
    return course


@pytest.mark.parametrize(
    ("checks", "told"),
    [
        # One incident is told once, however long it goes on, and its end after two good checks.
        ("bbbgg", "..F.R"),
        ("bbbb", "..F."),
        ("ggg", "..."),
        ("bbgbb", "....."),
        ("bbbgbgg", "..F...R"),
        ("bbbggbbb", "..F.R..F"),
        ("bllgg", "..F.R"),
        # Outages neither count nor start the count anew, for failures and for good checks.
        ("-------", "......."),
        ("b-b-b", "....F"),
        ("bb--b--g-g", "....F....R"),
        ("bbb-----", "..F....."),
    ],
)
def test_an_incident_is_told_once_and_so_is_its_end(checks: str, told: str) -> None:
    policy = Policy(6 * _HOUR, 3, None)
    course = _course((_OF[check] for check in checks), policy=policy)
    signs = {Failed: "F", Recovered: "R"}
    assert "".join("".join(signs[type(one)] for one in events) or "." for _, events in course) == told


@pytest.mark.parametrize(
    ("finding", "expires_in", "state"),
    [
        (_GOOD, None, HealthState.HEALTHY),
        (_GOOD, 91 * _DAY, HealthState.HEALTHY),
        (_GOOD, 90 * _DAY, HealthState.EXPIRING),
        # What works past the end that somebody said of it works all the same.
        (_GOOD, -_DAY, HealthState.EXPIRING),
        (_BAD, _DAY, HealthState.INVALID),
        (_BAD, -_DAY, HealthState.EXPIRED),
        (_LESS, None, HealthState.INSUFFICIENT),
        (_AWAY, -_DAY, HealthState.UNREACHABLE),
    ],
)
def test_the_state_is_what_was_found_and_when_it_ends(
    finding: Finding, expires_in: timedelta | None, state: HealthState
) -> None:
    ends = None if expires_in is None else _NOW + expires_in
    after, _ = decide(_ID, Standing(), replace(finding, expires_at=ends), _NOW, _POLICY)
    assert after.state is state
    assert after.failures == (1 if state in FAILURES else 0)


def test_a_reminder_comes_after_its_interval_and_again() -> None:
    told = [events for _, events in _course([_BAD] * 12)]
    when = [number for number, events in enumerate(told) if events]
    assert when == [2, 6, 10]
    assert [one.is_reminder for events in told for one in events if isinstance(one, Failed)] == [False, True, True]
    assert {one.failing_since for events in told for one in events if isinstance(one, Failed)} == {_NOW}


def test_a_reminder_does_not_wait_another_day_for_the_minutes_that_a_check_came_early() -> None:
    told_at = _NOW - 24 * _HOUR + timedelta(minutes=5)
    standing = Standing(HealthState.INVALID, failures=9, failing_since=told_at, counted_at=told_at, told_at=told_at)
    assert [one for one in decide(_ID, standing, _BAD, _NOW, _POLICY)[1] if isinstance(one, Failed) and one.is_reminder]
    assert decide(_ID, standing, _BAD, _NOW - 6 * _HOUR, _POLICY)[1] == ()


def test_a_credential_has_its_own_number_of_failures() -> None:
    for alert_after in (1, 5):
        course = _course([_BAD] * 6, policy=Policy(6 * _HOUR, alert_after, None))
        assert [number + 1 for number, (_, events) in enumerate(course) if events] == [alert_after]


def test_refusals_on_the_heels_of_one_another_count_once() -> None:
    course = _course([_BAD] * 5, every=timedelta(seconds=10))
    assert [standing.failures for standing, _ in course] == [1, 1, 1, 1, 1]
    standing = course[-1][0]
    rests_until = standing.rests_until()
    assert rests_until == _NOW + timedelta(minutes=1)
    counted, _ = decide(_ID, standing, _BAD, rests_until, _POLICY)
    assert counted.failures == 2


def test_expiry_is_told_at_each_threshold_once_and_again_only_after_renewal() -> None:
    end = _NOW + 100 * _DAY
    standing, told = Standing(), []
    for day in range(100):
        standing, events = decide(_ID, standing, Finding.healthy("", expires_at=end), _NOW + day * _DAY, _POLICY)
        told += [one.days_left for one in events if isinstance(one, Expiring)]
    assert told == list(EXPIRY_DAYS)
    # The same end told a little otherwise is no renewal; a new end is, and is told from its own threshold on.
    nearly = Finding.healthy("", expires_at=end + timedelta(hours=2))
    standing, events = decide(_ID, standing, nearly, _NOW + 99 * _DAY, _POLICY)
    assert events == ()
    renewed = Finding.healthy("", expires_at=_NOW + 99 * _DAY + 20 * _DAY)
    standing, events = decide(_ID, standing, renewed, _NOW + 99 * _DAY, _POLICY)
    assert events == (Expiring(_NOW + 119 * _DAY, 20),)
    assert decide(_ID, standing, renewed, _NOW + 99 * _DAY, _POLICY)[1] == ()


def test_an_end_is_known_until_the_credential_was_let_in_without_one() -> None:
    known = Standing(expires_at=_NOW + 5 * _DAY)
    for finding in (_BAD, _LESS, _AWAY):
        assert decide(_ID, known, finding, _NOW, _POLICY)[0].expires_at == known.expires_at
    after, told = decide(_ID, known, _GOOD, _NOW, _POLICY)
    assert (after.expires_at, after.state, told) == (None, HealthState.HEALTHY, ())


@pytest.mark.parametrize("finding", [_AWAY, _BAD, replace(_GOOD, knows_end=False)])
def test_an_end_that_nobody_was_asked_for_is_not_taken_for_renewed_and_told_again(finding: Finding) -> None:
    # The vault knows of an end in five days, somebody said one in a year, and this time only the latter is heard.
    ends, said = _NOW + 5 * _DAY, _NOW + 365 * _DAY
    standing, told = decide(_ID, Standing(), replace(_GOOD, expires_at=ends), _NOW, _POLICY)
    assert told == (Expiring(ends, 5),)
    standing, told = decide(_ID, standing, replace(finding, expires_at=said), _NOW + _HOUR, _POLICY)
    assert (standing.expires_at, told) == (ends, ())
    assert decide(_ID, standing, replace(_GOOD, expires_at=ends), _NOW + 2 * _HOUR, _POLICY)[1] == ()


def test_a_check_that_comes_late_tells_the_nearest_threshold_alone() -> None:
    _, events = decide(_ID, Standing(), Finding.healthy("", expires_at=_NOW + 6 * _DAY), _NOW, _POLICY)
    assert events == (Expiring(_NOW + 6 * _DAY, 6),)


def test_expiry_is_told_while_the_place_is_away_and_not_while_the_credential_is_refused() -> None:
    before = Standing(expires_at=_NOW + 5 * _DAY)
    assert decide(_ID, before, _AWAY, _NOW, _POLICY)[1] == (Expiring(_NOW + 5 * _DAY, 5),)
    assert decide(_ID, before, _BAD, _NOW, _POLICY)[1] == ()


def test_refusals_are_tried_again_later_and_later_and_outages_soon() -> None:
    waits = [_wait(standing, number) for number, (standing, _) in enumerate(_course([_BAD] * 6))]
    # Each at the credential's own place in the interval, so that none is exact.
    for wait, about in zip(waits, (6, 12, 24, 24, 24, 24), strict=True):
        assert about - 3 <= wait / _HOUR <= about + 3
    waits = [_wait(standing, number) for number, (standing, _) in enumerate(_course([_AWAY] * 8))]
    assert waits[0] <= 0.3 * _HOUR
    assert waits == sorted(waits)
    assert waits[-1] <= 7.2 * _HOUR
    good = [_wait(standing, number) for number, (standing, _) in enumerate(_course([_BAD] * 3 + [_GOOD] * 2))]
    assert good[3] == timing.SOON < good[4]


def test_checks_are_spread_over_the_interval() -> None:
    interval = 6 * _HOUR
    ids = [new_id() for _ in range(2000)]
    places = [0] * 24
    for credential_id in ids:
        at = timing.after_good(credential_id, _NOW, interval)
        assert interval / 2 <= at - _NOW < interval * 1.5
        # From then on exactly once an interval, however late the check was made.
        assert timing.after_good(credential_id, at + timedelta(minutes=20), interval) == at + interval
        places[int((at - _NOW) % interval / interval * 24)] += 1
    assert max(places) < 3 * min(places)


_FINDINGS = st.sampled_from([_GOOD, _BAD, _LESS, _AWAY])
_STEPS = st.lists(
    st.tuples(_FINDINGS, st.integers(0, 40 * 3600), st.one_of(st.none(), st.integers(-5, 120))), min_size=1, max_size=40
)


@given(_STEPS, st.integers(1, 6), st.sampled_from([None, 24 * _HOUR]), st.uuids())
def test_every_course_of_checks_keeps_the_rules(
    steps: list[tuple[Finding, int, int | None]], alert_after: int, remind_every: timedelta | None, credential_id: UUID
) -> None:
    policy = Policy(6 * _HOUR, alert_after, remind_every)
    standing, now, is_open = Standing(), _NOW, False
    for found, seconds, ends_in_days in steps:
        now += timedelta(seconds=seconds)
        finding = replace(found, expires_at=None if ends_in_days is None else now + ends_in_days * _DAY)
        before = standing
        standing, told = decide(credential_id, before, finding, now, policy)
        kinds = [type(one) for one in told]
        assert len(kinds) == len(set(kinds))
        assert standing.next_check_at is not None
        assert now < standing.next_check_at <= now + timing.LONGEST_WAIT + policy.interval
        if finding.state is HealthState.UNREACHABLE:
            assert (standing.failures, standing.successes) == (before.failures, before.successes)
            assert not {Failed, Recovered} & set(kinds)
        for one in told:
            if isinstance(one, Failed):
                assert one.is_reminder is is_open
                assert one.is_reminder or standing.failures >= alert_after
                assert not one.is_reminder or remind_every is not None
                is_open = True
            elif isinstance(one, Recovered):
                assert is_open
                assert standing.successes >= 2
                is_open = False
        assert is_open is (standing.told_at is not None)
        assert decide(credential_id, before, finding, now, policy) == (standing, told)


def _wait(standing: Standing, number: int) -> timedelta:
    assert standing.next_check_at is not None
    return standing.next_check_at - (_NOW + number * 6 * _HOUR)
