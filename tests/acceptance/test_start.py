"""``make start``: one stack per data folder, kept data, nothing left behind."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from infra.local import places, ports
from infra.local.first_key import make_if_new
from infra.local.lock import AlreadyRunningError, StackLock
from infra.local.processes import ProcessGroup, ServerFailedError
from infra.local.vault import passwords_in
from shared.settings import Settings

TIMEOUT_S = 180.0
_API = r"API +(http://\S+)"


class Started:
    """A starter and what it has printed so far."""

    def __init__(self, data: Path, group: ProcessGroup) -> None:
        # Each start writes a log of its own, so that nobody takes the lines of the one before for its own.
        self.log = data.parent / f"start-{time.monotonic_ns()}.log"
        command = [sys.executable, "-m", "infra.local", "start", "--data", str(data)]
        # Under a watchdog, for a test run that is killed must not leave a stack behind either.
        child = group.spawn("start", ["sh", "-c", 'exec "$@" > "$0" 2>&1', self.log, *command], folder=places.REPOSITORY)
        self.process = child.popen

    @property
    def text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def wait_until_ready(self) -> None:
        wait_until(lambda: "ready after" in self.text or self.process.poll() is not None)
        assert "ready after" in self.text, f"{self.process.returncode}: {self.text}"

    def descendants(self) -> list[psutil.Process]:
        return list(psutil.Process(self.process.pid).children(recursive=True))

    def found(self, pattern: str) -> str:
        match = re.search(pattern, self.text)
        assert match is not None, self.text
        return match[1]


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


@pytest.fixture
def data() -> Iterator[Path]:
    with places.scratch_folder("start") as folder:
        yield folder / "data"


@pytest.fixture
def start(data: Path) -> Iterator[Callable[[], Started]]:
    group = ProcessGroup()
    started: list[Started] = []

    def begin() -> Started:
        started.append(Started(data, group))
        started[-1].wait_until_ready()
        return started[-1]

    yield begin
    for one in started:
        one.process.terminate()
        one.process.wait(TIMEOUT_S)
    group.stop()


@pytest.mark.long
def test_a_stack_lives_through_what_people_do_to_it(start: Callable[[], Started], data: Path) -> None:
    """One story instead of four: each start of the whole stack takes seconds."""
    first = start()
    api, key = first.found(_API), first.found(r"(aar_\S+)")
    headers = {"Authorization": f"Bearer {key}"}
    created = httpx.post(f"{api}/clients", json={"name": "Contoso"}, headers=headers)
    assert created.status_code == 201, created.text
    assert all(key not in path.read_text(errors="replace") for path in data.rglob("*") if readable_text(path))
    _mail_becomes_a_file(api, headers, Path(first.found(r"mail +(\S+)")))
    _second_start_is_told_where_the_first_is(first, data)
    _dead_worker_is_started_again(first)
    first.process.send_signal(signal.SIGINT)
    assert first.process.wait(TIMEOUT_S) == 0

    second = start()
    assert "aar_" not in second.text, "the key is shown once"
    again = httpx.get(f"{second.found(_API)}/clients/{created.json()['id']}", headers=headers)
    assert again.status_code == 200
    _killed_starter_leaves_no_process(second)

    start()


def _mail_becomes_a_file(api: str, headers: dict[str, str], folder: Path) -> None:
    made = httpx.post(f"{api}/mail/recipients", json={"address": "alex@example.com"}, headers=headers)
    assert made.status_code == 201, made.text
    sent = httpx.post(f"{api}/mail/recipients/{made.json()['id']}/test", headers=headers)
    assert sent.status_code == 202, sent.text
    wait_until(lambda: any(folder.glob("*.eml")))
    (mail,) = folder.glob("*.eml")
    assert b"To: alex@example.com" in mail.read_bytes()


def _second_start_is_told_where_the_first_is(first: Started, data: Path) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "infra.local", "start", "--data", str(data)],
        cwd=places.REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    assert second.returncode == 1
    assert f"process {first.process.pid}, its API at http://127.0.0.1:" in second.stderr
    assert "Traceback" not in second.stderr


def _dead_worker_is_started_again(first: Started) -> None:
    worker = next(process for process in first.descendants() if "interactive@%h" in process.cmdline())
    worker.kill()
    wait_until(lambda: "starting it again (1 of 3)" in first.text)
    wait_until(lambda: first.text.count("interactive@") >= 2 and first.text.count(" ready.") >= 3)


def _killed_starter_leaves_no_process(started: Started) -> None:
    processes = started.descendants()
    assert len(processes) > 5
    started.process.kill()
    wait_until(lambda: not any(alive(process) for process in processes))


def test_secrets_are_for_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "passwords.json"
    made = passwords_in(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert passwords_in(path) == made
    assert len(set(json.loads(path.read_text()).values())) == 5


def test_first_key_is_made_once(settings: Settings, tenant: object) -> None:
    assert tenant is not None
    assert make_if_new(settings) is None


def test_lock_of_a_living_holder_is_respected(tmp_path: Path) -> None:
    first, second = StackLock(tmp_path / "lock"), StackLock(tmp_path / "lock")
    first.acquire()
    first.note(api="http://127.0.0.1:1")
    with pytest.raises(AlreadyRunningError, match=r"http://127\.0\.0\.1:1"):
        second.acquire()
    first.release()
    second.acquire()
    second.release()


def test_process_that_ends_while_starting_is_quoted() -> None:
    group = ProcessGroup()
    try:
        child = group.spawn("broken", [sys.executable, "-c", "print('no such disk'); raise SystemExit(3)"])
        with pytest.raises(ServerFailedError, match=r"ended with code 3 while starting.*\n.*no such disk"):
            child.wait_until(lambda: "never" in child.lines, timeout_s=TIMEOUT_S)
    finally:
        group.stop()


def test_taken_port_is_left_alone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert ports.choose(port) != port
    assert ports.choose(port) == port


def test_folders_of_killed_runs_are_removed_by_the_next() -> None:
    with places.scratch_folder("gone") as folder:
        dead = folder.with_name("advisor-reports-gone-4194304-x")
        dead.mkdir()
        with places.scratch_folder("gone"):
            assert not dead.exists()
            assert folder.exists()


def alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def readable_text(path: Path) -> bool:
    return path.is_file() and path.suffix in {"", ".json", ".log"} and path.stat().st_size < 100_000
