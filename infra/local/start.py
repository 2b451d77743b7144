"""``make start``: the stack with lasting data, one log, until Ctrl-C."""

import threading
import time
from pathlib import Path

from infra.local import stack
from infra.local.functions_settings import local_settings
from infra.local.lock import StackLock
from infra.local.log import InterleavedLog
from infra.local.stack import Stack
from infra.local.vault import passwords_in, write_private

ENVIRONMENT_FILE = "environment"
FUNCTIONS_SETTINGS = "local.settings.json"


def start(data: Path, stop: threading.Event, *, log: InterleavedLog, azure_subscriptions: int = 0) -> None:
    """Run the stack on the data in the folder ``data`` until ``stop`` is set, beside a simulated Azure where wanted."""
    begun = time.monotonic()
    lock = StackLock(data / "lock")
    lock.acquire()
    written = (data / ENVIRONMENT_FILE, data / FUNCTIONS_SETTINGS)
    try:
        with stack.running(
            data,
            postgres_folder=stack.lasting_postgres_folder(data),
            passwords=passwords_in(data / "passwords.json"),
            log=log,
            preferred=stack.USUAL_PORTS,
            preferred_api_port=stack.USUAL_API_PORT,
            azure_subscriptions=azure_subscriptions,
        ) as running:
            lock.note(api=running.api)
            write_private(written[0], _shell(running.environment))
            write_private(written[1], local_settings(running.environment))
            for line in _welcome(running, data, time.monotonic() - begun):
                log.say(line)
            try:
                running.watch(stop)
            finally:
                log.say("stopping")
    finally:
        # They speak of servers that are gone.
        for path in written:
            path.unlink(missing_ok=True)
        lock.release()
        log.say("stopped")


def _welcome(running: Stack, data: Path, seconds: float) -> list[str]:
    servers = running.servers
    lines = [
        f"ready after {seconds:.1f} s; Ctrl-C ends it",
        f"API        {running.api}/api/v1",
        f"docs       {running.api}/api/docs",
        f"database   {servers.postgres.url(stack.DATABASE)} (data in {servers.postgres.folder})",
        f"broker     redis://127.0.0.1:{servers.valkey.port}/0",
        f"blobs      {servers.azurite.url} (trust {servers.azurite.ca_file})",
        f"mail       {running.mail.folder} (each mail is a file; none leaves this machine)",
        f"variables  set -a; . {data / ENVIRONMENT_FILE}; set +a",
        f"func start cp {data / FUNCTIONS_SETTINGS} local.settings.json",
    ]
    if running.azure is not None:
        count = running.azure.subscriptions
        lines.append(f"Azure      {running.azure.url} (simulated, {count} subscriptions; connect by kind managed_identity)")
    if running.first_key is not None:
        lines += [
            f"API key    {running.first_key.secret}",
            "           of the tenant Local with all rights; it is shown this once, only its hash is kept",
        ]
    else:
        lines.append("API key    was shown at the first start; `python -m worker key create` makes another")
    return lines


def _shell(environment: dict[str, str]) -> str:
    return "".join("{}='{}'\n".format(name, value.replace("'", "'\\''")) for name, value in sorted(environment.items()))
