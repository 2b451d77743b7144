"""Importing without pauses to look for garbage that importing does not make.

Modules are made to stay. Python looks for garbage among them some four hundred times on the way, which is up to a quarter of
the time; afterwards they are set aside, so that later looks do not go through them either, and processes that are forked go
on sharing them.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def undisturbed() -> Iterator[None]:
    """Look for no garbage while what is inside imports, and never among what it imported."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
