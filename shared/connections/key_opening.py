"""Private keys are opened in a process of their own, which is ended where that takes too long."""

import json
import logging
import signal
import sys
import time
from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from shared.child_process import child_process
from shared.connections.key_turns import KeysBusyError, KeyTurns
from shared.errors import InvalidRequestError

_log = logging.getLogger(__name__)

PROCESSOR_S = 15
"""A key of 2048 bits takes a tenth of a second, one of 8192 up to seven seconds; usual rounds less than one."""
# Of a machine that is busy, which says nothing of the key; the limit above ends what is too much on any.
_TIMEOUT_S = 60
_MAX_MEMORY_BYTES = 1024**3
_CHILD = Path(__file__).with_name("key_opening_child.py")
turns = KeyTurns()


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


def open_pem(data: bytes, phrase: str | None, *, holder: UUID | None) -> OpenedKey:
    """Open a private key in PEM; one of a ``holder``'s is opened at a time.

    Raises :class:`KeyRefusedError`, and :class:`~shared.connections.key_turns.KeysBusyError` where it is not its turn soon.
    """
    return _open(data, phrase, holder, is_pem=True)


def open_pkcs12(data: bytes, phrase: str | None, *, holder: UUID | None) -> OpenedKey:
    """Open a PKCS 12 file, whose own certificate comes first; otherwise as :func:`open_pem`."""
    return _open(data, phrase, holder, is_pem=False)


def _open(data: bytes, phrase: str | None, holder: UUID | None, *, is_pem: bool) -> OpenedKey:
    job = {
        "data": b64encode(data).decode(),
        "phrase": phrase,
        "is_pem": is_pem,
        "path": sys.path,
        "processor_s": PROCESSOR_S,
        "max_memory_bytes": _MAX_MEMORY_BYTES,
    }
    with turns.held(holder):
        answer = _answer_to(job)
    if "refused" in answer:
        raise KeyRefusedError(answer["refused"])
    return OpenedKey(answer["key"].encode(), tuple(one.encode() for one in answer["certificates"]))


def _answer_to(job: dict[str, Any]) -> dict[str, Any]:
    deadline = time.monotonic() + _TIMEOUT_S

    def check() -> None:
        if time.monotonic() > deadline:
            raise KeysBusyError

    with child_process(_CHILD) as child:
        # By a pipe: a key is on no disk. A child that ended before it read all says so below.
        with suppress(BrokenPipeError):
            child.tell(json.dumps(job).encode(), check)
            child.input.close()
        said = b"".join(child.output(check))
        status = child.wait()
    if status == 0:
        return dict(json.loads(said))
    if status == -signal.SIGXCPU:
        return {"refused": "slow"}
    _log.warning("a process that opened a key ended otherwise", extra={"action": "key_opening_ended", "status": status})
    if status == -signal.SIGKILL:
        # Its own limits end it otherwise: the machine had no memory to spare.
        raise KeysBusyError
    # The library fell over what it was given: no program writes such a file.
    return {"refused": "broken"}
