"""``python -m worker doctor``: a probe through everything the product stands on."""

import json
import sys

import click

from shared import exit_codes, settings
from shared.doctor.examination import Examination, examine
from shared.doctor.probe import Result, State
from shared.errors import SettingsError

_EPILOG = """\b
Exit status:
  0   everything that is set up answered as it should
  1   something did not
  78  the settings are not valid; nothing was asked"""


@click.command(epilog=_EPILOG)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
@click.option("--api-url", metavar="URL", default="", help="Address of the HTTP API; default: API_URL.")
def doctor(as_json: bool, api_url: str) -> None:
    """Ask every dependency, time it, and say what to do where one fails; takes at most 15 seconds."""
    try:
        mine = settings.get()
    except SettingsError as error:
        _tell_settings(error, as_json=as_json)
        sys.exit(exit_codes.CONFIGURATION)
    if not as_json:
        click.echo(f"{_mark(State.OK)} settings: profile {mine.app_environment}")
    found = examine(mine, api_url=api_url, on_result=_ignore if as_json else _tell)
    click.echo(json.dumps(found.as_data(), indent=2) if as_json else _summary(found))
    sys.exit(0 if found.is_well else 1)


def _tell(result: Result) -> None:
    timed = "" if result.state is State.SKIPPED else f" ({result.duration_ms:,.0f} ms)"
    click.echo(f"{_mark(result.state)} {result.leg}{timed}: {result.message}")
    if result.next_step:
        click.echo(f"    {result.next_step}")


def _ignore(_result: Result) -> None:
    pass


def _tell_settings(error: SettingsError, *, as_json: bool) -> None:
    if as_json:
        probe = {"name": "settings", "leg": "settings", "state": State.FAILED.value, "duration_ms": 0.0}
        probe |= {"message": error.message, "next_step": error.next_step}
        click.echo(json.dumps({"status": State.FAILED.value, "duration_ms": 0.0, "probes": [probe]}, indent=2))
        return
    click.echo(f"{_mark(State.FAILED)} settings: {error.message}")
    click.echo(f"    {error.next_step}")


def _summary(found: Examination) -> str:
    failed = [result for result in found.results if result.state is State.FAILED]
    took = f"{found.duration_ms / 1000:.1f} s"
    return f"All well, after {took}." if not failed else f"{len(failed)} of {len(found.results)} failed, after {took}."


def _mark(state: State) -> str:
    marks = {State.OK: "✓", State.FAILED: "✗", State.SKIPPED: "–"}
    plain = {State.OK: "ok  ", State.FAILED: "FAIL", State.SKIPPED: "skip"}
    try:
        marks[state].encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return plain[state]
    return marks[state]
