"""``python -m infra.local start | demo``."""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from infra.local import places
from infra.local.log import InterleavedLog
from shared.errors import AdvisorReportsError

# Each is some forty recommendations in this process's memory.
_MOST_SUBSCRIPTIONS = 5_000


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit code."""
    options = _parser().parse_args(arguments)
    stop = threading.Event()
    log = InterleavedLog(quiet=options.command == "demo" and not options.verbose)
    _end_on_signals(stop)
    try:
        if options.command == "start":
            from infra.local.start import start  # noqa: PLC0415  (--help must not wait for imports)

            start(options.data.resolve(), stop, log=log, azure_subscriptions=options.azure)
        elif options.live:
            from infra.local.live_demo import live_demo  # noqa: PLC0415

            live_demo(options.out, log=log)
        else:
            from infra.local.demo import demo  # noqa: PLC0415

            demo(options.file, options.out, log=log)
    except AdvisorReportsError as error:
        print(f"error: {error.message}", file=sys.stderr)
        if error.next_step:
            print(f"       {error.next_step}", file=sys.stderr)
        return 1
    except KeyboardInterrupt as interrupt:
        print(f"ended by {interrupt}; nothing is left running", file=sys.stderr)
        # For `start` it is the way it is meant to end.
        return 0 if options.command == "start" else 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.local", description="The whole product on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("start", help="run the stack until Ctrl-C and keep its data")
    start.add_argument("--data", type=Path, default=places.LOCAL, help="where the data is kept (default: .local)")
    start.add_argument(
        "--azure", type=_subscriptions, default=0, metavar="N", help="simulate an Azure with N subscriptions to read from"
    )
    demo = commands.add_parser("demo", help="turn one export into reports through the whole stack, then stop")
    demo.add_argument("--file", type=Path, help="an export of Azure Advisor; without one, 1,000 realistic rows are made")
    demo.add_argument("--live", action="store_true", help="read 50 subscriptions of a simulated Azure instead of a file")
    demo.add_argument("--out", type=Path, default=Path("out"), help="where the report files go (default: out)")
    demo.add_argument("--verbose", action="store_true", help="show the log of all processes")
    return parser


def _subscriptions(text: str) -> int:
    number = int(text)
    if not 0 <= number <= _MOST_SUBSCRIPTIONS:
        raise argparse.ArgumentTypeError(f"must be from 0 to {_MOST_SUBSCRIPTIONS:,}")
    return number


def _end_on_signals(stop: threading.Event) -> None:
    """Let the first signal end the stack in order; later ones change nothing, the watchdog covers what hangs."""

    def end(number: int, _frame: FrameType | None) -> None:
        if not stop.is_set():
            stop.set()
            raise KeyboardInterrupt(signal.Signals(number).name)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)


if __name__ == "__main__":
    # Files that the stack makes are its owner's alone to write.
    os.umask(0o022)
    sys.exit(main())
