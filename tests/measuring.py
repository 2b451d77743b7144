"""Where coverage is not measured.

Measuring makes everything that Python does on a thread half as slow again, whether it is the product's or not. So threads
that only simulate others do without, and so do tests that go over the same lines a thousand times, which others go over
too: see the mark ``unmeasured``.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager


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
