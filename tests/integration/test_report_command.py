"""``python -m worker report`` as a user runs it: a process of its own, no server."""

import csv
import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil
import pypdf
import pytest
from click.testing import CliRunner

from tests.generators.advisor_json import save_json
from tests.generators.estate import Estate
from tests.generators.portal_csv import save_portal_csv
from tests.integration.jobs.waiting import PATIENCE_S, until
from worker.cli.report import report as report_command

ROOT = Path(__file__).parents[2]
PORTAL_NAME = "Advisor_2025-11-18T14_38_16.311Z.csv"


def environment() -> dict[str, str]:
    return {**os.environ, "SOURCE_DATE_EPOCH": "1738575000", "PYTHONPATH": str(ROOT)}


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-W", "error", "-m", "worker", *map(str, arguments)]


def report(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        command("report", *arguments), input=stdin, capture_output=True, env=environment(), timeout=PATIENCE_S, check=False
    )


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_portal_csv_becomes_all_files(tmp_path: Path) -> None:
    source = save_portal_csv(tmp_path / PORTAL_NAME, Estate(rows=120))
    done = report(source, "--out", tmp_path / "out", "--client", "Contoso Ltd")

    assert done.returncode == 0, done.stderr.decode()
    stem = "contoso-ltd-azure-advisor-2025-02-03"
    assert names(tmp_path / "out") == [f"{stem}.{kind}" for kind in ("csv", "html", "json", "pdf", "pptx", "xlsx")]
    assert all(str(tmp_path / "out" / name) in done.stdout.decode() for name in names(tmp_path / "out"))
    assert len(rows_of(tmp_path / "out" / f"{stem}.csv")) == 120
    text = pypdf.PdfReader(tmp_path / "out" / f"{stem}.pdf").pages[0].extract_text()
    assert "Contoso Ltd" in text
    assert "November 18, 2025" in text


def test_a_report_speaks_another_language_and_looks_as_wanted(tmp_path: Path) -> None:
    source = save_portal_csv(tmp_path / PORTAL_NAME, Estate(rows=20))
    logo = tmp_path / "logo.svg"
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script/><path d="M0 0h9v9z"/></svg>')
    look = ("--language", "de-AT", "--logo", logo, "--colour", "#ffc107", "--colour", "#7c2d12", "--footer", "Vertraulich")
    done = report(source, "--out", tmp_path / "out", "--format", "pdf", "--font", "Source Serif 4", *look)

    assert done.returncode == 0, done.stderr.decode()
    assert "left out of" in done.stderr.decode()
    assert "#ffc107 is too pale" in done.stderr.decode()
    (path,) = (tmp_path / "out").iterdir()
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages[:4])
    assert "3. Februar 2025" in text
    assert "Zusammenfassung" in text
    assert "Vertraulich" in text


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--language", "tlh", "de (Deutsch)"),
        ("--colour", "red", "#0b6e8f"),
        ("--logo", "missing.png", "could not be read"),
        ("--footer", "x" * 121, "120"),
        ("--font", "Comic Sans", "serif 4"),
    ],
)
def test_a_look_that_cannot_be_is_said_before_anything_is_read(option: str, value: str, said: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(report_command, ["export.csv", "--out", str(tmp_path / "out"), option, value])
    assert done.exit_code == 2
    assert said.lower() in done.output.lower()


@pytest.mark.parametrize("shape", ["cli", "rest", "resource_graph", "sdk"])
def test_json_of_every_shape_becomes_a_report(shape: str, tmp_path: Path) -> None:
    source = save_json(tmp_path / "fabrikam.json", Estate(rows=80), shape=shape)
    done = report(source, "--out", tmp_path / "out", "--format", "csv", "html")

    assert done.returncode == 0, done.stderr.decode()
    assert names(tmp_path / "out") == [f"fabrikam-azure-advisor-2025-02-03.{kind}" for kind in ("csv", "html")]
    assert len(rows_of(tmp_path / "out" / "fabrikam-azure-advisor-2025-02-03.csv")) == 80


def test_standard_input_is_read_plain_or_gzip(tmp_path: Path) -> None:
    content = save_portal_csv(tmp_path / PORTAL_NAME, Estate(rows=30)).read_bytes()
    for stdin in (content, gzip.compress(content)):
        done = report("-", "--out", tmp_path / "out", "--format", "csv", stdin=stdin)

        assert done.returncode == 0, done.stderr.decode()
        assert len(rows_of(tmp_path / "out" / "client-azure-advisor-2025-02-03.csv")) == 30


def test_several_pages_become_one_report(tmp_path: Path) -> None:
    pages = [save_json(tmp_path / f"page-{seed}.json", Estate(rows=25, seed=seed), shape="rest") for seed in (1, 2)]
    done = report(*pages, "--out", tmp_path / "out", "--format", "csv")

    assert done.returncode == 0, done.stderr.decode()
    assert len(rows_of(tmp_path / "out" / "page-1-azure-advisor-2025-02-03.csv")) == 50


def test_the_same_file_makes_the_same_report_again(tmp_path: Path) -> None:
    source = save_portal_csv(tmp_path / PORTAL_NAME, Estate(rows=40))
    made = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        assert report(source, "--out", folder, "--format", "pdf", "html", "csv").returncode == 0
        made.append([path.read_bytes() for path in sorted(folder.iterdir())])

    assert made[0] == made[1]


def test_rejected_rows_are_counted_and_listed(tmp_path: Path) -> None:
    source = save_portal_csv(tmp_path / PORTAL_NAME, Estate(rows=10))
    with source.open("a", encoding="utf-8", newline="") as file:
        file.write("Cost,High,too few cells\r\n")
    done = report(source, "--out", tmp_path / "out", "--format", "html")

    assert "10 recommendations, 1 row rejected" in done.stdout.decode()
    page = (tmp_path / "out" / "client-azure-advisor-2025-02-03.html").read_text(encoding="utf-8")
    assert "1 row could not be read" in page


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "expected a CSV downloaded from Azure Advisor"),
        (b"<!DOCTYPE html><html>Sign in</html>", "expected a CSV downloaded from Azure Advisor"),
        (b'{"value": [{"id": "/subscr', "Error: "),
        (b"Name,Age\r\nAda,36\r\n", "Error: "),
    ],
)
def test_an_alien_file_is_one_sentence_and_no_traceback(content: bytes, words: str, tmp_path: Path) -> None:
    done = report("-", "--out", tmp_path / "out", stdin=content)

    assert done.returncode == 3
    assert words in done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_more_than_the_limit_on_standard_input_is_refused(tmp_path: Path) -> None:
    done = report("-", "--out", tmp_path / "out", "--max-upload-bytes", "100", stdin=b"x" * 101)

    assert done.returncode == 3
    assert "more than 100 bytes" in done.stderr.decode()


@pytest.mark.parametrize(
    "arguments",
    [
        ("no-such-file.csv", "--out", "out"),
        ("--out", "out"),
        ("-",),
        ("-", "--out", "out", "--format", "docx"),
        ("-", "--out", "out", "--type", "brief"),
    ],
)
def test_a_wrong_call_ends_with_status_2(arguments: Sequence[str]) -> None:
    done = report(*arguments)

    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_a_folder_that_is_a_file_ends_with_status_2(tmp_path: Path) -> None:
    source = save_portal_csv(tmp_path / PORTAL_NAME, Estate(rows=3))

    assert report(source, "--out", source).returncode == 2


def test_where_one_format_fails_the_others_are_made(tmp_path: Path) -> None:
    source = save_portal_csv(tmp_path / PORTAL_NAME, Estate(rows=5))
    (tmp_path / "out" / "client-azure-advisor-2025-02-03.html").mkdir(parents=True)
    done = report(source, "--out", tmp_path / "out", "--format", "html", "csv")

    assert done.returncode == 4
    assert "html: " in done.stderr.decode()
    assert len(rows_of(tmp_path / "out" / "client-azure-advisor-2025-02-03.csv")) == 5
    assert [name for name in names(tmp_path / "out") if "partial" in name] == []


@pytest.mark.parametrize(("signal_number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_an_interrupted_command_leaves_no_process_and_no_report(
    signal_number: signal.Signals, status: int, tmp_path: Path
) -> None:
    source = save_portal_csv(tmp_path / PORTAL_NAME, Estate(rows=9_000))
    with subprocess.Popen(
        command("report", source, "--out", tmp_path / "out", "--format", "pdf"),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=environment(),
    ) as process:
        assert process.stderr is not None
        while b"PDF" not in process.stderr.readline():
            assert process.poll() is None
        parent = psutil.Process(process.pid)
        children = until(lambda: process.poll() is not None or parent.children(), "the process that makes the PDF")
        assert isinstance(children, list)
        process.send_signal(signal_number)
        assert process.wait(timeout=PATIENCE_S) == status

    gone, alive = psutil.wait_procs(children, timeout=PATIENCE_S)
    assert (len(gone), alive) == (len(children), [])
    # Nobody can clear up after kill -9; what is left then has a name that no report has.
    left = names(tmp_path / "out")
    assert left == [] if signal_number != signal.SIGKILL else all(name.endswith(".partial") for name in left)


def test_the_command_starts_without_loading_database_or_queue() -> None:
    program = "import json, sys, worker.cli.report; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, env=environment(), check=True)

    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert not loaded & {"sqlalchemy", "celery", "psycopg", "pydantic", "xlsxwriter", "jinja2", "rich", "typst"}


def test_help_names_the_commands_and_the_exit_statuses() -> None:
    listing = subprocess.run(command("--help"), capture_output=True, env=environment(), check=True).stdout.decode()
    detail = report("--help").stdout.decode()

    assert "report" in listing
    assert "--format FORMAT..." in detail
    assert "Exit status:" in detail
    assert subprocess.run(command("nonsense"), capture_output=True, env=environment(), check=False).returncode == 2


def test_on_a_terminal_progress_is_a_bar(tmp_path: Path) -> None:
    source = save_portal_csv(tmp_path / PORTAL_NAME, Estate(rows=50))
    terminal, inside = os.openpty()
    with subprocess.Popen(
        command("report", source, "--out", tmp_path / "out", "--format", "csv", "xlsx"),
        stdout=subprocess.DEVNULL,
        stderr=inside,
        env={**environment(), "TERM": "xterm"},
    ) as process:
        os.close(inside)
        shown = b""
        with os.fdopen(terminal, "rb", buffering=0) as screen, suppress(OSError):  # EIO: the other side is closed
            while piece := screen.read(65_536):
                shown += piece
        assert process.wait(timeout=PATIENCE_S) == 0

    assert "Making the XLSX file" in shown.decode()
    assert "━" in shown.decode()
