"""A process that meets the exceptions of the drivers with a secret in each, and logs, prints and raises them.

Run as ``python -m tests.integration.telemetry.core_exceptions``; secrets come by environment variables.
"""

import contextlib
import logging
import os
import sys
import threading
import warnings
from urllib.parse import quote

import psycopg
import redis
import sqlalchemy
from azure.core.credentials import AzureNamedKeyCredential
from azure.core.exceptions import AzureError
from azure.storage.blob import BlobClient, BlobServiceClient

from shared import settings
from shared.telemetry import logs
from shared.telemetry.redaction import redact_error
from worker.redacted_task import RedactedTask

_log = logging.getLogger("core exceptions")


def main() -> None:
    """Meet them all."""
    read = settings.get()
    logs.configure(read)
    assert read.db_password is not None
    password, stranger = read.db_password.get_secret_value(), os.environ["STRANGERS_PASSWORD"]
    port = os.environ["CLOSED_PORT"]
    _meet(redis.Redis.from_url, f"redis://127.0.0.1:{port}/0?socket_timeout={password}")
    for given in (password, stranger):
        quoted = quote(given, safe="")
        _meet(psycopg.connect, f"host=127.0.0.1 port={port} user=a dbname=b password='{given}'")
        _meet(psycopg.connect, f"postgresql://a:{quoted}@127.0.0.1:{port}/b?nonsense=1")
        _meet(sqlalchemy.create_engine, f"postgresql+nonsense://a:{quoted}@127.0.0.1/b")
        _meet(redis.Redis(port=int(port), password=given).ping)
        _meet(redis.Redis.from_url, f"redis://:{quoted}@127.0.0.1:{port}/not-a-number")
    link = f"https://127.0.0.1:{port}/account/container/blob?sv=2024-11-04&sig={os.environ['STRANGERS_SIGNATURE']}"
    _meet(BlobClient.from_blob_url(link, retry_total=0).download_blob)
    key = AzureNamedKeyCredential("account", "bm90IGEga2V5IGF0IGFsbA==")
    _meet(BlobServiceClient(f"https://127.0.0.1:{port}/account", credential=key, retry_total=0).get_service_properties)
    _meet(_fail, AzureError(f"answer to {link} with Authorization: Bearer {os.environ['STRANGERS_KEY']}"))
    _warn(f"password={stranger}")
    _log.info("headers %s", {"Authorization": f"Bearer {os.environ['STRANGERS_KEY']}"}, extra={"password": stranger})
    _fail_as_task(f"postgresql://a:{quote(stranger, safe='')}@host/b")
    thread = threading.Thread(target=_fail, args=(RuntimeError(link),))
    thread.start()
    thread.join()
    _fail(RuntimeError(f"uncaught, client_secret={stranger} {link}"))


def _meet(act: object, *arguments: object) -> None:
    try:
        act(*arguments)  # type: ignore[operator]
    except Exception as error:  # noqa: BLE001  (whatever the drivers raise)
        _log.exception("met %s", error, extra={"error": error, "arguments": arguments})
        sys.stdout.write(redact_error(error) + "\n")


def _fail(error: Exception) -> None:
    raise error


def _warn(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn(text, stacklevel=1)


def _fail_as_task(address: str) -> None:
    class Failing(RedactedTask):
        name = "failing"

        def run(self, given: str) -> None:
            raise ValueError(f"cannot reach {given}")

    with contextlib.suppress(KeyError):
        try:
            Failing()(address)
        except Exception:  # noqa: BLE001  (as Celery does)
            _log.exception("a task failed")


if __name__ == "__main__":
    main()
