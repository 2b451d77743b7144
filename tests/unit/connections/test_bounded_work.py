"""Whoever waits for work has an answer in time, whatever the work does."""

import contextvars
import threading
from collections.abc import Callable

import pytest

from shared.connections.bounded_work import AbandonedError, bounded
from tests.integration.jobs.waiting import PATIENCE_S

_named = contextvars.ContextVar("_named", default="")


def _go_on() -> None:
    pass


def test_what_is_made_or_raised_comes_back_as_if_there_were_no_thread() -> None:
    _named.set("a job")
    assert bounded(lambda _: (_named.get(), threading.current_thread().daemon), _go_on) == ("a job", True)

    def late(_: Callable[[], None]) -> None:
        raise TimeoutError("of a socket")

    with pytest.raises(TimeoutError, match="of a socket"):
        bounded(late, _go_on)


def test_work_that_hangs_is_left_and_ends_at_its_next_question() -> None:
    may_go_on, ended = threading.Event(), threading.Event()
    looks = 0

    def look() -> None:
        nonlocal looks
        looks += 1
        if looks == 2:
            raise KeyboardInterrupt

    def hang(check: Callable[[], None]) -> None:
        may_go_on.wait(PATIENCE_S)
        with pytest.raises(AbandonedError):
            check()
        ended.set()

    with pytest.raises(KeyboardInterrupt):
        bounded(hang, look)
    may_go_on.set()
    assert ended.wait(PATIENCE_S)


def test_work_that_nobody_wants_is_not_begun() -> None:
    def refuse() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bounded(lambda _: pytest.fail("it was begun"), refuse)
