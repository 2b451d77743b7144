"""A report file that is complete on disk, and how it gets there in one step."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import msgspec

from shared.reports import ReportFormat


class RenderedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A report file that is complete on disk."""

    format: ReportFormat
    path: Path
    bytes: int
    sha256: str
    """Of the file's content, in hexadecimal."""
    content_type: str
    warnings: tuple[str, ...] = ()
    """What its reader should know, such as that a PDF is not accessible; usually nothing."""


@contextmanager
def written_whole(destination: Path) -> Iterator[Path]:
    """Yield a path to write to; it replaces ``destination`` at the end of the block, or is removed where that fails."""
    partial = destination.with_name(f".{destination.name}.{uuid4().hex}.partial")
    try:
        yield partial
        partial.replace(destination)
    finally:
        with suppress(FileNotFoundError):
            partial.unlink()


def described(partial: Path, destination: Path, file_format: ReportFormat, warnings: tuple[str, ...]) -> RenderedFile:
    """Return the facts of the finished file at ``partial``, which is going to lie at ``destination``."""
    with partial.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = os.fstat(file.fileno()).st_size
    return RenderedFile(
        format=file_format,
        path=destination,
        bytes=size,
        sha256=digest,
        content_type=file_format.content_type,
        warnings=warnings,
    )
