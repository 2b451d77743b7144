"""``make start``: the stack with lasting data, one log, until Ctrl-C."""

import threading
import time

from infra.local import places, stack
from infra.local.functions_settings import local_settings
from infra.local.lock import StackLock
from infra.local.log import InterleavedLog
from infra.local.stack import Stack
from infra.local.vault import passwords_in, write_private

LOCK = places.LOCAL / "lock"
ENVIRONMENT_FILE = places.LOCAL / "environment"
FUNCTIONS_SETTINGS = places.LOCAL / "local.settings.json"


def start(stop: threading.Event, *, log: InterleavedLog) -> None:
    """Run the stack on the data in ``.local/`` until ``stop`` is set."""
    begun = time.monotonic()
    lock = StackLock(LOCK)
    lock.acquire()
    try:
        with stack.running(
            places.LOCAL,
            postgres_folder=stack.lasting_postgres_folder(),
            passwords=passwords_in(places.LOCAL / "passwords.json"),
            log=log,
            preferred=stack.USUAL_PORTS,
            preferred_api_port=stack.USUAL_API_PORT,
        ) as running:
            lock.note(api=running.api)
            write_private(ENVIRONMENT_FILE, _shell(running.environment))
            write_private(FUNCTIONS_SETTINGS, local_settings(running.environment))
            for line in _welcome(running, time.monotonic() - begun):
                log.say(line)
            try:
                running.watch(stop)
            finally:
                log.say("stopping")
    finally:
        for path in (ENVIRONMENT_FILE, FUNCTIONS_SETTINGS):
            path.unlink(missing_ok=True)
        lock.release()
        log.say("stopped")


def _welcome(running: Stack, seconds: float) -> list[str]:
    servers = running.servers
    lines = [
        f"ready after {seconds:.1f} s; Ctrl-C ends it",
        f"API        {running.api}/api/v1",
        f"docs       {running.api}/api/docs",
        f"database   {servers.postgres.url(stack.DATABASE)} (data in {servers.postgres.folder})",
        f"broker     redis://127.0.0.1:{servers.valkey.port}/0",
        f"blobs      {servers.azurite.url} (trust {servers.azurite.ca_file})",
        f"variables  {ENVIRONMENT_FILE} (set -a; . {ENVIRONMENT_FILE}; set +a)",
        f"func start cp {FUNCTIONS_SETTINGS} local.settings.json",
    ]
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
