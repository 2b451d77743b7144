"""Private keys are opened in a process of their own, which is ended where that takes too long."""

import json
import sys
import threading
import time
from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from shared.child_process import child_process
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
    deadline = time.monotonic() + _TIMEOUT_S

    def check() -> None:
        if time.monotonic() > deadline:
            raise KeyRefusedError("slow")

    with _turn, child_process(_CHILD) as child:
        # By a pipe: a key is on no disk. A child that ended before it read all says so below.
        with suppress(BrokenPipeError):
            child.input.write(json.dumps(job).encode())
            child.input.close()
        said = b"".join(child.output(check))
        status = child.wait()
    if status < 0:
        # Ended by a signal: its time was over.
        raise KeyRefusedError("slow")
    if status:
        # A library that panics, or no memory: no program writes such a file.
        raise KeyRefusedError("locked")
    answer = json.loads(said)
    if "refused" in answer:
        raise KeyRefusedError(answer["refused"])
    return OpenedKey(answer["key"].encode(), tuple(one.encode() for one in answer["certificates"]))
