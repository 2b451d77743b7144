"""Ends a stack whose starter is gone, however it went.

Runs as a process of its own whose group all servers join, so that nothing has to be registered and nothing can be missed.
It holds the reading end of a pipe; when the starter dies, even by ``kill -9``, the pipe closes and the group is ended.
"""

import contextlib
import os
import select
import signal
import sys
import time

# Servers get this long to end in order before they are killed: PostgreSQL writes a checkpoint.
_GRACE_S = 6.0
_POLL_S = 0.1


def main(parent: int) -> None:
    """Wait for the end of ``parent``, then end the own process group."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    print("watching", flush=True)
    # A process forked by the starter may hold the pipe open longer than the starter lives, hence the second look.
    while os.getppid() == parent:
        readable, _, _ = select.select([sys.stdin], [], [], 0.5)
        if readable and not sys.stdin.buffer.read(1):
            break
    group = os.getpgrp()
    # PostgreSQL reads SIGTERM as "wait for all clients" and SIGINT as "now"; everything else ends at either.
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(PermissionError):
            os.killpg(group, number)
    deadline = time.monotonic() + _GRACE_S
    while time.monotonic() < deadline and _others_live(group):
        time.sleep(_POLL_S)
    os.killpg(group, signal.SIGKILL)


def _others_live(group: int) -> bool:
    import psutil  # noqa: PLC0415  (this process idles for hours: it takes the memory only when it needs it)

    for process in psutil.process_iter(["status"]):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            alive = process.info["status"] != psutil.STATUS_ZOMBIE
            if alive and process.pid != os.getpid() and os.getpgid(process.pid) == group:
                return True
    return False


if __name__ == "__main__":
    main(int(sys.argv[1]))
