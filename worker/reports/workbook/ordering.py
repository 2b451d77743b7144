"""Rows in the order of their importance, however many: what does not fit into memory is sorted on disk."""

import heapq
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Self

import msgspec

from shared.savings import SavingsStatus
from worker.reports.judged import Judged
from worker.reports.tallies import CATEGORY_ORDER, IMPACT_ORDER

MAX_SORTED_ROWS = 10_000
"""So many are sorted at a time, and kept in memory: some 15 MB."""

_LENGTH_BYTES = 4
_NOTHING = Decimal(0)

Key = Callable[[Judged], tuple[Any, ...]]


def importance(row: Judged) -> tuple[Any, ...]:
    """Sort key: higher impact first, then what counts and saves more, then category, type and resource.

    Amounts of different currencies are compared as numbers: this decides nothing but the order.
    """
    recommendation = row.recommendation
    amount = recommendation.annual_savings
    return (
        IMPACT_ORDER[recommendation.impact],
        row.status is not SavingsStatus.COUNTED,
        amount is None,
        -(amount or _NOTHING),
        CATEGORY_ORDER[recommendation.category],
        recommendation.problem,
        (recommendation.subscription_name or recommendation.subscription_id).lower(),
        recommendation.resource_group.lower(),
        recommendation.resource_name.lower(),
    )


def worth(row: Judged) -> tuple[Any, ...]:
    """Sort key of offers: those that count first, then larger amounts."""
    return row.status is not SavingsStatus.COUNTED, row.recommendation.currency, *importance(row)[3:]


class Ordering:
    """Takes rows in any order and gives them back by ``key``, those alike in the order they came in.

    Beyond ``max_rows`` they lie in files without names in ``folder`` until they are read, which can be done once.
    """

    def __init__(self, key: Key, folder: Path, *, max_rows: int = MAX_SORTED_ROWS) -> None:
        self._key = key
        self._folder = folder
        self._max_rows = max_rows
        self._rows: list[Judged] = []
        self._runs: list[IO[bytes]] = []
        self._files = ExitStack()
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(Judged)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def add(self, row: Judged) -> None:
        """Take one row."""
        if len(self._rows) >= self._max_rows:
            self._put_aside()
        self._rows.append(row)

    def __iter__(self) -> Iterator[Judged]:
        self._rows.sort(key=self._key)
        return heapq.merge(*map(self._read, self._runs), self._rows, key=self._key)

    def _put_aside(self) -> None:
        """Write what is in memory to a file, in order."""
        self._rows.sort(key=self._key)
        run = self._files.enter_context(TemporaryFile(dir=self._folder))  # noqa: SIM115  (the stack closes it)
        for row in self._rows:
            text = self._encoder.encode(row)
            run.write(len(text).to_bytes(_LENGTH_BYTES))
            run.write(text)
        run.seek(0)
        self._runs.append(run)
        self._rows = []

    def _read(self, run: IO[bytes]) -> Iterator[Judged]:
        while length := run.read(_LENGTH_BYTES):
            yield self._decoder.decode(run.read(int.from_bytes(length)))
