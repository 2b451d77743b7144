"""The files of an export as the command line names them; standard input is one too."""

import re
import sys
from pathlib import Path
from typing import BinaryIO

import click

from shared.advisor.exports import ExportPart, ReadLimits
from shared.advisor.unreadable import ExportTooLargeError

STDIN = "-"

_PORTAL_NAME = re.compile(r"advisor[_-]\d{4}-\d\d-\d\d", re.IGNORECASE)
_COPY_BYTES = 1024 * 1024


def client_of(file_name: str) -> str:
    """Return the client's name that a file name tells, "Client" for the portal's own names and standard input."""
    stem = file_name.split(".", maxsplit=1)[0].strip()
    return "Client" if not stem or file_name == STDIN or _PORTAL_NAME.match(stem) else stem


def part_of(name: str, spool: Path, limits: ReadLimits) -> ExportPart:
    """Return the file that ``name`` is, standard input as a copy in the folder ``spool``.

    Raises :class:`click.BadParameter` or :class:`~shared.advisor.unreadable.ExportTooLargeError`.
    """
    if name == STDIN:
        path = spool / "stdin"
        _spool(sys.stdin.buffer, path, limits)
        return ExportPart(path, STDIN)
    path = Path(name)
    if not path.is_file():
        raise click.BadParameter(f"{name} is not a file.", param_hint="FILE")
    return ExportPart(path, path.name)


def _spool(source: BinaryIO, path: Path, limits: ReadLimits) -> None:
    """Copy standard input to a file, for it is read more than once."""
    with path.open("wb") as file:
        while piece := source.read(_COPY_BYTES):
            file.write(piece)
            if file.tell() > limits.max_bytes:
                raise ExportTooLargeError(
                    "max_upload_bytes", f"Standard input holds more than {limits.max_bytes:,} bytes, which is the limit."
                )
