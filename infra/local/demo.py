"""``make demo``: one export through the whole product, its report files in a folder, nothing left running."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from infra.local import places, stack
from infra.local.log import InterleavedLog
from infra.local.postgres import Passwords
from infra.local.report_client import DownloadedFile, ReportClient
from shared.advisor import exports
from shared.errors import AdvisorReportsError
from tests.generators.estate import Estate
from tests.generators.portal_csv import save_portal_csv

FORMATS = ("pdf", "html", "xlsx", "csv")
_ROWS = 1000


class DemoFailedError(AdvisorReportsError):
    """The demo did not end with report files."""

    code = "demo_failed"


@dataclass(frozen=True)
class Outcome:
    """What the demo made, and how long each part took in seconds."""

    files: list[DownloadedFile]
    start_s: float
    report_s: float
    download_s: float


def demo(file: Path | None, out: Path, *, log: InterleavedLog) -> None:
    """Turn ``file``, or 1,000 realistic rows, into report files in ``out`` and print what was made."""
    console = Console()
    if file is not None and not file.is_file():
        raise DemoFailedError(f"There is no file {file}.", next_step="Name an export: make demo FILE=path/to/export.csv")
    if file is not None:
        exports.open_export(file, file_name=file.name)  # what is none is told before anything starts
    with places.scratch_folder("demo") as folder:
        export = file or _make_export(folder)
        begun = time.monotonic()
        say(console, "Starting PostgreSQL, Valkey, Azurite, the HTTP front and two workers …")
        with stack.running(folder, postgres_folder=folder / "postgres", passwords=Passwords(), log=log) as running:
            started = time.monotonic()
            if running.first_key is None:
                raise DemoFailedError("The new database already holds a tenant.")
            say(console, f"The stack is up after {started - begun:.1f} s: {running.api}")
            ca_file = running.servers.azurite.ca_file
            with ReportClient(running.api, running.first_key.secret, storage_ca_file=ca_file) as client:
                outcome = _make_report(client, export, out, console, start_s=started - begun)
            say(console, "Stopping …")
    print_outcome(outcome, console)


def _make_export(folder: Path) -> Path:
    return save_portal_csv(folder / "recommendations.csv", Estate(_ROWS))


def _make_report(client: ReportClient, export: Path, out: Path, console: Console, *, start_s: float) -> Outcome:
    client_id = client.create_client("Contoso")
    say(console, f"Submitting {export.name} ({_size(export.stat().st_size)}) for the client Contoso")
    begun = time.monotonic()
    report_id = client.submit(export, client_id=client_id, formats=FORMATS)
    return await_report(client, report_id, out, console, begun=begun, start_s=start_s)


def await_report(
    client: ReportClient, report_id: str, out: Path, console: Console, *, begun: float, start_s: float
) -> Outcome:
    """Wait for a report that was ordered at ``begun`` and save its files in ``out``; raises :class:`DemoFailedError`."""
    report = _wait(client, report_id, console)
    finished = time.monotonic()
    if report["status"] != "completed":
        error = report.get("error") or {}
        raise DemoFailedError(
            f"The report is {report['status']}: {error.get('message', 'no reason was given')}",
            next_step=str(error.get("next_step") or "Run again with the log: python -m infra.local demo --verbose"),
        )
    for item in report["files"]:
        if item["status"] != "ready":
            say(console, f"{item['format']} is missing: {(item['error'] or {}).get('message', item['status'])}")
    files = [client.download(report_id, item, out) for item in report["files"] if item["status"] == "ready"]
    return Outcome(files, start_s, finished - begun, time.monotonic() - finished)


def _wait(client: ReportClient, report_id: str, console: Console) -> dict[str, Any]:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("waiting", total=100)
        seen = ""

        def show(phase: str, percent: int) -> None:
            nonlocal seen
            progress.update(task, description=phase, completed=percent)
            # Where nothing can be redrawn, each phase gets a line of its own, whatever it counts behind its colon.
            begun = phase.partition(":")[0]
            if begun != seen and not console.is_terminal:
                say(console, f"{percent:>3} %  {phase}")
            seen = begun

        return client.wait(report_id, show)


def print_outcome(outcome: Outcome, console: Console) -> None:
    """Print the files and how long each part took."""
    say(console, "Report files (size, download, path):")
    for file in outcome.files:
        size, took = _size(file.path.stat().st_size), f"{file.seconds * 1000:,.0f} ms"
        # The path comes last and in one piece: it is there to be copied, whatever the width.
        say(console, f"{size:>11} {took:>10}  {file.path}")
    say(
        console,
        f"Stack up in {outcome.start_s:.1f} s, report made in {outcome.report_s:.1f} s, "
        f"files fetched in {outcome.download_s:.1f} s. Everything that was started is stopped.",
    )


def say(console: Console, text: str) -> None:
    """Print ``text`` as it is: names and paths are neither folded nor taken for markup."""
    console.print(text, soft_wrap=True, markup=False, highlight=False)


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1024:,.0f} KiB" if size_bytes < 1024 * 1024 else f"{size_bytes / 1024 / 1024:,.1f} MiB"
