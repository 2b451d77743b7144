"""Where coverage is measured.

Measuring makes everything that Python does on a thread two thirds slower, whether it is the product's or not. So the thread
that runs tests is measured while it runs the test itself, and not while pytest, its plugins and fixtures are at work;
threads that only simulate others do without, and so do generators of data, and tests that go over the same lines a thousand
times, which others go over too: see the mark ``unmeasured``.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def measured_by(trace: Any) -> Iterator[None]:
    """Measure this thread by ``trace``, the function that coverage set for it, or by nothing where it set none."""
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


@contextmanager
def unmeasured() -> Iterator[None]:
    """Measure nothing on this thread, nor on those begun meanwhile; other threads go on as they are."""
    here, elsewhere = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        yield
    finally:
        threading.settrace(elsewhere)
        sys.settrace(here)
