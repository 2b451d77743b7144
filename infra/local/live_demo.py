"""``make demo LIVE=1``: fifty subscriptions of a simulated Azure, read live, to report files; nothing left running."""

import time
from pathlib import Path
from typing import Any

from rich.console import Console

from infra.local import places, stack
from infra.local.demo import FORMATS, DemoFailedError, Outcome, await_report, print_outcome, say
from infra.local.log import InterleavedLog
from infra.local.postgres import Passwords
from infra.local.report_client import ReportClient

_SUBSCRIPTIONS = 50


def live_demo(out: Path, *, log: InterleavedLog) -> None:
    """Connect to a simulated Azure, read its subscriptions and make report files in ``out``; print what was found."""
    console = Console()
    with places.scratch_folder("demo") as folder:
        begun = time.monotonic()
        say(console, "Starting PostgreSQL, Valkey, Azurite, a simulated Azure, the HTTP front and two workers …")
        with stack.running(
            folder,
            postgres_folder=folder / "postgres",
            passwords=Passwords(),
            log=log,
            azure_subscriptions=_SUBSCRIPTIONS,
        ) as running:
            started = time.monotonic()
            if running.first_key is None or running.azure is None:
                raise DemoFailedError("The new database already holds a tenant.")
            say(console, f"The stack is up after {started - begun:.1f} s: {running.api}, Azure at {running.azure.url}")
            ca_file = running.servers.azurite.ca_file
            with ReportClient(running.api, running.first_key.secret, storage_ca_file=ca_file) as client:
                outcome = _read_and_report(client, out, console, start_s=started - begun)
            say(console, "Stopping …")
    print_outcome(outcome, console)


def _read_and_report(client: ReportClient, out: Path, console: Console, *, start_s: float) -> Outcome:
    client_id = client.create_client("Contoso")
    connection = client.connect_azure("Contoso's Azure")
    if not connection["success"]:
        raise DemoFailedError(f"The connection does not work: {connection['message']}")
    say(console, f"Connected by managed identity: {connection['subscriptions_visible']} subscriptions can be seen")
    _tell_statistics(client.statistics(connection["id"]), console)
    begun = time.monotonic()
    report_id = client.order_live(connection["id"], client_id=client_id, formats=FORMATS)
    outcome = await_report(client, report_id, out, console, begun=begun, start_s=start_s)
    _tell_fetch(client.report(report_id), console)
    return outcome


def _tell_statistics(found: dict[str, Any], console: Console) -> None:
    counts: dict[str, int] = {}
    for one in found["counts"]:
        counts[one["category"]] = counts.get(one["category"], 0) + one["recommendations"]
    told = ", ".join(f"{category} {count:,}" for category, count in counts.items())
    say(console, f"At a glance: {found['recommendations']:,} recommendations ({told})")
    scores = ", ".join(f"{category} {float(percent):.0f} %" for category, percent in found["scores"].items())
    say(console, f"Advisor's score: {scores}")


def _tell_fetch(report: dict[str, Any], console: Console) -> None:
    fetch = report["fetch"]
    aside = ", ".join(f"{count:,} {standing}" for standing, count in fetch["left_out"].items()) or "nothing"
    say(
        console,
        f"Read {fetch['subscriptions_read']} of {fetch['subscriptions_wanted']} subscriptions: "
        f"{fetch['recommendations_count']:,} recommendations in {fetch['azure_api_calls']} calls and "
        f"{fetch['fetch_duration_seconds']:.1f} s; left out as the portal does: {aside}",
    )
    for note in report["snapshot"]["notes"]:
        say(console, f"  {note['message']}")
