"""Exports as bytes on disk: opened any number of times, inflated within bounds where they are gzip."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from shared.advisor.limits import ReadLimits
from shared.advisor.unreadable import (
    EmptyExportError,
    ExportTooLargeError,
    MalformedExportError,
    TruncatedExportError,
    UnreadableExportError,
)

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_GZIP_MAGIC = b"\x1f\x8b"
_BUFFER_BYTES = 256 * 1024
# Below this a high ratio harms nobody: a small file of blanks may well shrink a thousandfold.
_RATIO_MATTERS_FROM_BYTES = 16 * 1024 * 1024


class ExportFile:
    """One file of an export.

    ``name`` is what its owner called it, which may differ from the name on disk. Raises
    :class:`UnreadableExportError` at once where it cannot be opened, is empty or too large.
    """

    def __init__(self, path: Path, name: str, limits: ReadLimits) -> None:
        self.path = path
        self.name = name
        self._limits = limits
        try:
            self.size = path.stat().st_size
            with path.open("rb") as file:
                self.is_gzip = file.read(2) == _GZIP_MAGIC
        except OSError as error:
            raise UnreadableExportError(
                f"The file {name} cannot be opened ({error.strerror}).", next_step="Check the path of the file."
            ) from error
        if self.size == 0:
            raise EmptyExportError
        if self.size > limits.max_bytes:
            raise ExportTooLargeError(
                "max_upload_bytes",
                f"The file has {self.size:,} bytes; at most {limits.max_bytes:,} are accepted.",
            )

    def open(self, on_progress: Callable[[int], None] | None = None) -> BinaryIO:
        """Open the content for reading from its start, inflated where it is gzip.

        ``on_progress`` is told the bytes of the file on disk that were consumed so far. Reading raises
        :class:`ExportTooLargeError`, :class:`TruncatedExportError` or :class:`MalformedExportError` for gzip that inflates
        too far, ends early or is damaged.
        """
        raw: io.RawIOBase = _Counted(self.path, on_progress)
        if self.is_gzip:
            raw = _Inflated(cast("_Counted", raw), self.size, self._limits)
        return io.BufferedReader(raw, _BUFFER_BYTES)


class _Counted(io.RawIOBase):
    """A file that tells how far it has been read."""

    def __init__(self, path: Path, on_progress: Callable[[int], None] | None) -> None:
        self._file = path.open("rb", buffering=0)
        self._on_progress = on_progress
        self._consumed = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        count = self._file.readinto(buffer) or 0
        self._consumed += count
        if self._on_progress is not None:
            self._on_progress(self._consumed)
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


class _Inflated(io.RawIOBase):
    """The content of a gzip file, never more than the limits allow in all and a buffer's worth at a time."""

    def __init__(self, compressed: _Counted, compressed_bytes: int, limits: ReadLimits) -> None:
        self._compressed = compressed
        self._gzip = gzip.GzipFile(fileobj=cast("BinaryIO", io.BufferedReader(compressed, _BUFFER_BYTES)), mode="rb")
        self._compressed_bytes = compressed_bytes
        self._limits = limits
        self._inflated = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        try:
            data = self._gzip.read(min(len(view), _BUFFER_BYTES))
        except EOFError:
            raise TruncatedExportError("The gzip file ends before its content does; it was cut off.") from None
        except (gzip.BadGzipFile, zlib.error) as error:
            raise MalformedExportError(f"The gzip file is damaged ({error}).") from error
        self._inflated += len(data)
        self._check()
        view[: len(data)] = data
        return len(data)

    def _check(self) -> None:
        if self._inflated > self._limits.max_inflated_bytes:
            raise ExportTooLargeError(
                "max_inflated_bytes",
                f"The gzip file inflates to more than {self._limits.max_inflated_bytes:,} bytes.",
            )
        ratio_limit = self._compressed_bytes * self._limits.max_inflate_ratio
        if self._inflated > max(ratio_limit, _RATIO_MATTERS_FROM_BYTES):
            raise ExportTooLargeError(
                "max_inflate_ratio",
                f"The gzip file inflates to more than {self._limits.max_inflate_ratio} times its size.",
            )

    def close(self) -> None:
        self._gzip.close()
        self._compressed.close()
        super().close()
