"""Private keys are opened in a process of their own, which is ended where that takes too long."""

import json
import subprocess
import sys
import threading
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path

from shared.errors import InvalidRequestError

PROCESSOR_S = 20
"""A key of 2048 bits takes a tenth of a second, one of 8192 five seconds; as many rounds as programs write less than one."""
# Of a machine that is busy; the limit above ends what is too much on any.
_TIMEOUT_S = 90
_MAX_MEMORY_BYTES = 1024**3
_CHILD = Path(__file__).with_name("key_opening_child.py")
# Each may keep a processor busy until it is ended.
_turn = threading.BoundedSemaphore(2)


class KeyRefusedError(InvalidRequestError):
    """A private key could not be opened; ``reason`` is a word for it."""

    code = "key_refused"

    def __init__(self, reason: str) -> None:
        super().__init__("The private key could not be opened.")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class OpenedKey:
    """An RSA key and what came with it, as PEM."""

    key: bytes = field(repr=False)
    certificates: tuple[bytes, ...] = ()


def open_pem(data: bytes, phrase: str | None) -> OpenedKey:
    """Open a private key in PEM; raises :class:`KeyRefusedError`."""
    return _open(data, phrase, is_pem=True)


def open_pkcs12(data: bytes, phrase: str | None) -> OpenedKey:
    """Open a PKCS 12 file; its own certificate comes first. Raises :class:`KeyRefusedError`."""
    return _open(data, phrase, is_pem=False)


def _open(data: bytes, phrase: str | None, *, is_pem: bool) -> OpenedKey:
    job = {
        "data": b64encode(data).decode(),
        "phrase": phrase,
        "is_pem": is_pem,
        "path": sys.path,
        "processor_s": PROCESSOR_S,
        "max_memory_bytes": _MAX_MEMORY_BYTES,
    }
    try:
        with _turn:
            child = subprocess.run(  # noqa: S603  (our own file, no shell)
                [sys.executable, "-I", str(_CHILD)],
                input=json.dumps(job).encode(),
                capture_output=True,
                timeout=_TIMEOUT_S,
                # Nothing of ours is its business, secrets among the settings least of all.
                env={},
                check=False,
            )
    except subprocess.TimeoutExpired as error:
        raise KeyRefusedError("slow") from error
    if child.returncode < 0:
        # Ended by a signal: its time was over.
        raise KeyRefusedError("slow")
    if child.returncode:
        # A library that panics, or no memory: no program writes such a file.
        raise KeyRefusedError("locked")
    answer = json.loads(child.stdout)
    if "refused" in answer:
        raise KeyRefusedError(answer["refused"])
    return OpenedKey(answer["key"].encode(), tuple(one.encode() for one in answer["certificates"]))
