"""Processes beside this one end with it and tell why they ended."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from shared.child_process import child_process

ROOT = Path(__file__).parents[2]
OBEDIENT = f"""
import sys
sys.path.append({str(ROOT)!r})
from shared.child_process import end_with
end_with(int(sys.argv[1]))
print("ready", flush=True)
sys.stdin.read()
"""
PARENT = f"""
import sys
sys.path.append({str(ROOT)!r})
from pathlib import Path
from shared.child_process import child_process
with child_process(Path(sys.argv[1])) as child:
    for said in child.output(lambda: None):
        print(child.pid, flush=True)
"""


@pytest.fixture
def obedient(tmp_path: Path) -> Path:
    """A child that waits to be told that there is nothing more."""
    (file := tmp_path / "obedient.py").write_text(OBEDIENT)
    return file


def test_killed_parent_takes_its_child_with_it(obedient: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(obedient)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    psutil.wait_procs([child], timeout=30)
    assert not child.is_running()


def test_child_ends_with_the_block_that_wanted_it(obedient: Path) -> None:
    with child_process(obedient) as child:
        assert next(child.output(lambda: None)) == b"ready\n"
        running = psutil.Process(child.pid)
    assert not running.is_running()


def test_child_is_waited_for(obedient: Path) -> None:
    with child_process(obedient) as child:
        child.input.close()
        assert b"".join(child.output(lambda: None)) == b"ready\n"
        assert child.wait() == 0


@pytest.mark.parametrize(
    ("does", "reason"),
    [
        ("open('/private/place')", "FileNotFoundError in its process"),
        ("raise SystemExit('/private/place')", "its process ended with status 1"),
        ("import os; os.abort()", "its process was ended by signal 6"),
    ],
)
def test_reason_for_an_early_end_tells_nothing_of_the_work(does: str, reason: str, tmp_path: Path) -> None:
    (file := tmp_path / "failing.py").write_text(does)
    with child_process(file) as child:
        assert child.reason() == reason


def test_child_sees_what_python_needs_and_no_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE_SERVICE_KEY", "hunter2")
    (file := tmp_path / "telling.py").write_text("import os; print(sorted(os.environ))")
    with child_process(file) as child:
        seen = b"".join(child.output(lambda: None)).decode()
    assert "PATH" in seen
    assert "LANGUAGE_SERVICE_KEY" not in seen


def test_child_hears_signals_as_others_do(tmp_path: Path) -> None:
    (file := tmp_path / "obedient.py").write_text(
        OBEDIENT.replace("sys.stdin.read()", "import signal; print(signal.pthread_sigmask(signal.SIG_BLOCK, ()))")
    )
    with child_process(file) as child:
        assert b"".join(child.output(lambda: None)) == b"ready\nset()\n"


def test_child_of_nobody_does_nothing(obedient: Path) -> None:
    done = subprocess.run([sys.executable, str(obedient), "1"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "gone" in done.stderr
