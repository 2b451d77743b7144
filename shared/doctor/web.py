"""Small HTTP requests of the doctor's, by the standard library: what is probed must not depend on what probes."""

import json
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import certifi

_MAX_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Answer:
    """Status, headers (names in lower case) and body of an answer, whatever the status."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body read as JSON, ``None`` where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


def get(address: str, *, timeout_s: float, ca_file: Path | None = None) -> Answer:
    """Return the answer to a GET of ``address``, http or https; raises :class:`OSError` where there is none."""
    if not address.startswith(("https://", "http://")):
        raise ValueError("only http and https addresses are asked")
    trust = ssl.create_default_context(cafile=str(ca_file or certifi.where()))
    request = urllib.request.Request(address, headers={"User-Agent": "advisor-reports-doctor"})  # noqa: S310 - checked above
    try:
        with urllib.request.urlopen(request, timeout=timeout_s, context=trust) as answer:  # noqa: S310
            return Answer(answer.status, _lower(answer.headers.items()), answer.read(_MAX_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, _lower(error.headers.items()), error.read(_MAX_BYTES))


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers}
