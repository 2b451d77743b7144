"""Making what comes next while what came before is written."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Batch = TypeVar("_Batch")


def prepared_ahead(batches: Iterator[_Batch]) -> Iterator[_Batch]:
    """Yield ``batches``, each made by another thread while the caller works on the one before."""
    with ThreadPoolExecutor(1, thread_name_prefix="snapshot rows") as preparer:
        following = preparer.submit(next, batches, None)
        while (batch := following.result()) is not None:
            following = preparer.submit(next, batches, None)
            yield batch
