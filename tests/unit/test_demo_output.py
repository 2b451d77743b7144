"""What the demo prints at its end."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from infra.local import demo
from infra.local.report_client import DownloadedFile


@pytest.mark.parametrize("is_terminal", [True, False], ids=["on a terminal", "into a file"])
def test_paths_are_printed_in_one_piece(tmp_path: Path, *, is_terminal: bool) -> None:
    folder = tmp_path / "a folder of [bold]reports" / ("long " * 20).strip()
    folder.mkdir(parents=True)
    files = [folder / f"Contoso report.{suffix}" for suffix in ("pdf", "xlsx")]
    for file in files:
        file.write_bytes(b"x" * 3000)
    printed = io.StringIO()
    console = Console(file=printed, width=80, force_terminal=is_terminal, color_system=None)
    made = [DownloadedFile(path=file, seconds=0.012) for file in files]
    demo.print_outcome(demo.Outcome(made, start_s=5, report_s=3, download_s=1), console)
    lines = printed.getvalue().splitlines()
    assert [line for line in lines if line.endswith(tuple(map(str, files)))] == [
        f"      3 KiB      12 ms  {file}" for file in files
    ]
