"""Answers on disk between Azure and the database.

A fetch under a quota takes minutes, and no transaction waits for a network: pages are put here as they come, and written
from here in one go. It also keeps memory flat, and lets go of pages that turn out to be incomplete.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_LENGTH_BYTES = 8


class Spool:
    """A folder of pages, in batches that are kept or dropped as a whole; safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0
        self._lock = threading.Lock()

    def batch(self) -> "Batch":
        """Return a new, empty batch."""
        with self._lock:
            self._made += 1
            return Batch(self._folder / f"{self._made:06d}.pages")


class Batch:
    """Pages that belong together, in their order; written by one thread, then read by another."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self.pages = 0
        self.bytes = 0

    def add(self, page: bytes | memoryview) -> None:
        """Put one page at the end."""
        if self._file is None:
            self._file = self._path.open("wb")
        self._file.write(len(page).to_bytes(_LENGTH_BYTES, "big"))
        self._file.write(page)
        self.pages += 1
        self.bytes += len(page)

    def close(self) -> None:
        """End the writing."""
        if self._file is not None:
            self._file.close()
            self._file = None

    @contextmanager
    def whole(self) -> Iterator[None]:
        """End the writing with the block, and forget all pages where it fails."""
        try:
            yield
        except BaseException:
            self.drop()
            raise
        self.close()

    def drop(self) -> None:
        """Forget all pages."""
        self.remove()
        self.pages = self.bytes = 0

    def remove(self) -> None:
        """Give the disk back, and keep in mind how many pages there were."""
        self.close()
        self._path.unlink(missing_ok=True)

    def __iter__(self) -> Iterator[bytes]:
        self.close()
        if not self.pages:
            return
        with self._path.open("rb") as file:
            while head := file.read(_LENGTH_BYTES):
                yield file.read(int.from_bytes(head, "big"))
