"""Work that cannot be interrupted, done beside a thread that keeps the time.

Names that nobody resolves, a handshake that stops half-way, an answer that drips: no time limit of one call covers them all.
So whoever promised an answer by a time does not make the calls, and leaves whoever does to end by its own limits.
"""

import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

_LOOK_EACH_S = 0.2

_Made = TypeVar("_Made")


class AbandonedError(Exception):
    """Nobody waits for the work any more; seen by the work alone."""


def bounded(work: Callable[[Callable[[], None]], _Made], check: Callable[[], None]) -> _Made:
    """Return what ``work`` makes, or raise what it raises, or what ``check`` raises, whatever the work does then.

    ``check`` is called five times a second; the work is given one of its own to call, by which it ends after that.
    """
    check()
    made: Future[_Made] = Future()
    is_abandoned = threading.Event()

    def check_within() -> None:
        if is_abandoned.is_set():
            raise AbandonedError
        check()

    def run() -> None:
        try:
            result = work(check_within)
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
            made.set_exception(error)
        else:
            made.set_result(result)

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(run,), name="bounded work", daemon=True).start()
    try:
        while not wait([made], _LOOK_EACH_S).done:
            check()
        return made.result()
    finally:
        is_abandoned.set()
