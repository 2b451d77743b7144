"""``make demo``: an export goes in, files that a client can be sent come out, nothing keeps running."""

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import openpyxl
import psutil
import pypdf
import pytest

from infra.local import places
from tests.generators.estate import Estate
from tests.generators.portal_csv import save_portal_csv

_ROWS = 120


def _demo(out: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "infra.local", "demo", "--out", out, *arguments]
    return subprocess.run(command, cwd=places.REPOSITORY, capture_output=True, text=True, check=False, timeout=600)


@pytest.mark.long
def test_an_export_becomes_four_files_that_can_be_sent(tmp_path: Path) -> None:
    export = save_portal_csv(tmp_path / "Advisor_2026-11-20T08_15_42.311Z.csv", Estate(_ROWS, seed=3))
    out = tmp_path / "out"
    done = _demo(out, "--file", export)
    assert done.returncode == 0, done.stdout + done.stderr
    made = {path.suffix: path for path in out.iterdir()}
    assert sorted(made) == [".csv", ".html", ".pdf", ".xlsx"]
    assert all(str(path) in done.stdout for path in made.values())
    assert not [process for process in psutil.process_iter() if str(out) in " ".join(_arguments(process))]
    _assert_is_a_report(made[".pdf"])
    _assert_stands_alone(made[".html"])
    assert _rows_of(made[".xlsx"]) > _ROWS
    assert len(list(csv.DictReader(io.StringIO(made[".csv"].read_text(encoding="utf-8-sig"))))) == _ROWS


def test_a_file_that_is_no_export_ends_with_a_sentence(tmp_path: Path) -> None:
    alien = tmp_path / "settings.json"
    alien.write_text(json.dumps({"colour": "blue"}))
    done = _demo(tmp_path / "out", "--file", alien)
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode != 0
    assert "Traceback" not in said
    assert "expected" in said
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def _assert_is_a_report(path: Path) -> None:
    with pypdf.PdfReader(path) as pdf:
        assert pdf.metadata is not None
        assert pdf.metadata.title
        assert len(pdf.pages) > 5
        assert pdf.outline
        assert "Contoso" in pdf.pages[0].extract_text()


def _assert_stands_alone(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    assert "Executive summary" in page
    assert not re.search(r"""(src|href)=["']?(https?:)?//(?!portal\.azure\.com|learn\.microsoft\.com)""", page)


def _rows_of(path: Path) -> int:
    workbook = openpyxl.load_workbook(path)
    try:
        return int(workbook["Recommendations"].max_row)
    finally:
        workbook.close()


def _arguments(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return []
