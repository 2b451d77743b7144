"""The processes that this one has started, by what they run."""

import psutil


def children(file: str) -> list[psutil.Process]:
    """Return the living children that run ``file``; servers of other tests may run beside them."""
    living = [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in living if file in " ".join(child.cmdline())]
