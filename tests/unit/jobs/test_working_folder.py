"""Folders of running jobs: gone at their end, and after a killed process with the next job."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from worker.working_folder import working_folder

_HOLDER = "from worker.working_folder import working_folder\nwith working_folder() as f: print(f, flush=True); input()"
_LONG_AGO = (0, 0)


@pytest.fixture(autouse=True)
def parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def test_folder_goes_with_its_job(parent: Path) -> None:
    with working_folder() as folder:
        (folder / "0").write_text("an export")
        assert folder.parent == parent
    assert list(parent.iterdir()) == []


def test_folder_of_a_killed_process_goes_with_the_next_job(parent: Path) -> None:
    with _holder() as holder:
        left = _folder_of(holder)
        (left / "0").write_text("an export")
        holder.kill()
    os.utime(left, _LONG_AGO)
    with working_folder() as folder:
        assert list(parent.iterdir()) == [folder]


def test_folder_of_a_running_job_stays_however_old(parent: Path) -> None:
    with _holder() as holder:
        held = _folder_of(holder)
        os.utime(held, _LONG_AGO)
        with working_folder():
            assert held.is_dir()
        holder.communicate("\n")
    assert list(parent.iterdir()) == []


def test_folder_that_was_just_made_stays(parent: Path) -> None:
    young = parent / "advisor-job-young"
    young.mkdir()
    with working_folder():
        assert young.is_dir()


def _holder() -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", _HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _folder_of(holder: subprocess.Popen[str]) -> Path:
    assert holder.stdout is not None
    return Path(holder.stdout.readline().strip())
