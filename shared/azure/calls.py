"""Calls of Azure Resource Manager: counted, patient with throttling, ended when asked to.

The pipeline is that of Microsoft's SDKs. Its retries are not used: they know neither a quota that workers share nor a job
that was cancelled, and they would wait for both without a word.
"""

import math
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import msgspec
from azure.core import PipelineClient
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError
from azure.core.pipeline.policies import (
    CustomHookPolicy,
    DistributedTracingPolicy,
    HeadersPolicy,
    RequestIdPolicy,
    UserAgentPolicy,
)
from azure.core.rest import HttpRequest

from shared.azure.asked_waits import LONGEST_S, asked_wait_s
from shared.azure.errors import (
    AzureCallError,
    AzureNetworkError,
    AzureServiceError,
    AzureThrottledError,
    error_of,
    refusal_of,
)
from shared.azure.limiter import RESETS_AFTER, seconds_of
from shared.azure.links import is_same_host
from shared.azure.present_token import PresentToken, TokenRefusedError
from shared.identity import scopes
from shared.settings import Settings

# A page of a thousand rows with joins takes Resource Graph seconds at times; silence for this long is a broken connection.
# With the connecting below the minute that jobs which ask Azure have between being asked to stop and being ended; a test of
# a connection has less, and is hasty.
# A page has a megabyte and more, which azure-core would cut into pieces of 4 KiB and join again.
_CONNECTION: dict[str, Any] = {"connection_timeout": 5, "connection_data_block_size": 1 << 20}
_TIMES: dict[str, Any] = {**_CONNECTION, "read_timeout": 45}
_HASTY_TIMES: dict[str, Any] = {**_CONNECTION, "read_timeout": 20}
_MOST_FAILURES = 5
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 20.0
# More pages than any list has: a service that repeats itself must not keep a worker for ever.
_MOST_PAGES = 500

_Decoded = TypeVar("_Decoded")


class Gate(Protocol):
    """Lets calls through one by one, as a quota allows."""

    def enter(self, token: str, wait: Callable[[float], None]) -> str:
        """Return when a call may go out, with a mark to be given back."""

    def leave(self, mark: str, status: int, headers: Mapping[str, str], retry_after_s: float | None) -> None:
        """Take note of what the answer says about the quota."""


@dataclass
class Tally:
    """What it took so far."""

    calls: int = 0
    retries: int = 0
    throttled: int = 0
    waited_s: float = 0.0


@dataclass(frozen=True)
class Answer:
    """An answer that is no refusal."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class AzureCalls:
    """Azure Resource Manager for one credential; safe to share between threads. Use it in a ``with`` block.

    ``wait`` sleeps, and raises where the work should end; it is called from whichever thread has to wait. Where somebody
    waits on the line calls are ``hasty``: none is tried again but one whose token was refused, and one through a gate that
    Azure throttled all the same, for as long as ``wait`` allows. With a ``tally`` they are counted on from there.
    """

    def __init__(
        self,
        settings: Settings,
        credential: TokenCredential,
        *,
        wait: Callable[[float], None] = time.sleep,
        hasty: bool = False,
        tally: Tally | None = None,
    ) -> None:
        self.url = settings.azure_management_url
        self.tally = tally if tally is not None else Tally()
        self._wait = wait
        self._hasty = hasty
        self._lock = threading.Lock()
        self._token = PresentToken(credential, scopes.management(self.url))
        policies = [
            RequestIdPolicy(),
            HeadersPolicy({"Accept": "application/json"}),
            UserAgentPolicy("azure-advisor-reports"),
            self._token,
            CustomHookPolicy(),
            DistributedTracingPolicy(),
        ]
        verify = settings.azure_management_ca_file
        options = {**(_HASTY_TIMES if hasty else _TIMES), **({} if verify is None else {"connection_verify": str(verify)})}
        self._client: PipelineClient[Any, Any] = PipelineClient(self.url, policies=policies, **options)

    def __enter__(self) -> "AzureCalls":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, address: str, *, asked_for: str, **params: str) -> dict[str, Any]:
        """Return the JSON object at a path, or at an absolute link that Azure gave.

        ``asked_for`` completes "Azure could not …" where it fails. Raises :class:`~shared.azure.errors.AzureCallError`, and
        what ``wait`` raises.
        """
        return self.send("GET", address, asked_for=asked_for, decode=_decode_object, params=params)[0]

    def items(self, address: str, *, asked_for: str, **params: str) -> Iterator[dict[str, Any]]:
        """Yield the objects of a list, page by page; the links between pages are followed as they are given."""
        page = self.get(address, asked_for=asked_for, **params)
        for _ in range(_MOST_PAGES):
            found = page.get("value")
            yield from (item for item in found if isinstance(item, dict)) if isinstance(found, list) else ()
            link = page.get("nextLink")
            if not link:
                return
            page = self.get(str(link), asked_for=asked_for)
        raise AzureServiceError(f"Azure could not {asked_for}: its list does not end.")

    def send(
        self,
        method: str,
        address: str,
        *,
        asked_for: str,
        decode: Callable[[bytes], _Decoded],
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        gate: Gate | None = None,
        until: float = math.inf,
    ) -> tuple[_Decoded, Answer]:
        """Send one request until it is answered, and return the answer, decoded and whole.

        Throttling is waited out for as long as ``wait`` allows, not beyond ``until`` (of the monotonic clock), and never
        counts as a failure; a token that is refused is replaced once; broken connections, answers that were cut off and
        failures of the service are tried again a few times.
        """
        url = self._absolute(address)
        failures, throttled, was_refused = 0, 0, False
        while True:
            request = HttpRequest(method, url, params=dict(params or {}), json=body)
            try:
                answer = self._sent(request, asked_for, gate)
                return decode(answer.body), answer
            except AzureThrottledError as error:
                # A service that says no time is asked less and less often.
                throttled += 1
                pause_s = min(error.retry_after_s or _backoff(throttled), LONGEST_S)
                if (self._hasty and gate is None) or time.monotonic() + pause_s > until:
                    raise
                self._pause(pause_s, throttled=True)
            except TokenRefusedError as error:
                if was_refused:
                    raise error.told from None
                was_refused = True
                self._token.replace(error.token)
                self._count(retries=1)
            except (AzureServiceError, AzureNetworkError, msgspec.DecodeError, UnicodeDecodeError) as error:
                failures += 1
                if self._hasty or failures > _MOST_FAILURES:
                    raise _told(error, asked_for) from error
                told = getattr(error, "retry_after_s", None)
                self._pause(min(told or _backoff(failures), LONGEST_S), throttled=False)

    def token(self) -> str:
        """Return the present token; raises :class:`~shared.azure.errors.AzureCallError`."""
        return self._token.text()

    def _sent(self, request: HttpRequest, asked_for: str, gate: Gate | None) -> Answer:
        mark = gate.enter(self.token(), self._wait) if gate else ""
        status = 0
        headers: Mapping[str, str] = {}
        retry_after_s: float | None = None
        self._count(calls=1)
        try:
            response = self._client.send_request(request)
            status, headers = response.status_code, response.headers
            retry_after_s = asked_wait_s(headers)
            content = response.read()
        except AzureError as error:
            raise error_of(error, asked_for=asked_for) from error
        finally:
            if gate:
                gate.leave(mark, status, headers, retry_after_s)
        if status < 400:
            return Answer(status, headers, content)
        refused = refusal_of(status, _json_or_none(content), asked_for=asked_for, retry_after_s=retry_after_s)
        if status == 401:
            raise TokenRefusedError(refused, request.headers["Authorization"].removeprefix("Bearer "))
        if isinstance(refused, AzureThrottledError) and refused.retry_after_s is None and gate:
            # The gate knows from the quota's headers when it is open again.
            refused.retry_after_s = seconds_of(headers.get(RESETS_AFTER))
        raise refused

    def _absolute(self, address: str) -> str:
        if address.startswith("/"):
            return self.url + address
        # The token goes along: it must not be shown to whomever an answer names.
        if not is_same_host(address, self.url):
            raise AzureServiceError("Azure named a next page at another address; it was not asked for.")
        return address

    def _pause(self, seconds: float, *, throttled: bool) -> None:
        self._count(retries=1, throttled=int(throttled), waited_s=seconds)
        self._wait(seconds)

    def _count(self, *, calls: int = 0, retries: int = 0, throttled: int = 0, waited_s: float = 0.0) -> None:
        with self._lock:
            self.tally.calls += calls
            self.tally.retries += retries
            self.tally.throttled += throttled
            self.tally.waited_s += waited_s


_decode_object = msgspec.json.Decoder(dict[str, Any]).decode


def _told(error: Exception, asked_for: str) -> AzureCallError:
    if isinstance(error, AzureCallError):
        return error
    return AzureServiceError(f"Azure could not {asked_for}: its answer was cut off or is no JSON.")


def _backoff(failures: int) -> float:
    longest = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2.0 ** min(failures, 10))
    # Workers that failed together must not come back together.
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - no secret


def _json_or_none(content: bytes) -> Any:
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
