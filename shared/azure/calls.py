"""Calls of Azure Resource Manager for work that takes minutes: counted, patient with throttling, ended when asked to.

The pipeline is that of Microsoft's SDKs. Its retries are not used: they know neither a quota that workers share nor a job
that was cancelled, and they would wait for both without a word.
"""

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import msgspec
from azure.core import PipelineClient
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import (
    CustomHookPolicy,
    DistributedTracingPolicy,
    HeadersPolicy,
    RequestIdPolicy,
    SansIOHTTPPolicy,
    UserAgentPolicy,
)
from azure.core.rest import HttpRequest

from shared.azure.errors import (
    AzureCallError,
    AzureNetworkError,
    AzureServiceError,
    AzureThrottledError,
    error_of,
    refusal_of,
)
from shared.azure.limiter import RESETS_AFTER, seconds_of
from shared.azure.management import is_same_host
from shared.identity import scopes
from shared.settings import Settings

# A page of a thousand rows with joins takes Resource Graph seconds at times; silence for this long is a broken connection.
# Below the minute that jobs have between being asked to stop and being ended.
_TIMES: dict[str, Any] = {"connection_timeout": 5, "read_timeout": 45}
_MOST_FAILURES = 5
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 20.0
# A service that names a longer time has its reasons, yet nobody waits an hour on its word without looking again.
_LONGEST_OBEYED_S = 120.0

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

    ``wait`` sleeps, and raises where the work should end; it is called from whichever thread has to wait.
    """

    def __init__(
        self, settings: Settings, credential: TokenCredential, *, wait: Callable[[float], None] = time.sleep
    ) -> None:
        self.url = settings.azure_management_url
        self.tally = Tally()
        self._wait = wait
        self._lock = threading.Lock()
        self._token = _Token(credential, scopes.management(self.url))
        policies = [
            RequestIdPolicy(),
            HeadersPolicy({"Accept": "application/json"}),
            UserAgentPolicy("azure-advisor-reports"),
            self._token,
            CustomHookPolicy(),
            DistributedTracingPolicy(),
        ]
        verify = settings.azure_management_ca_file
        options = {**_TIMES, **({} if verify is None else {"connection_verify": str(verify)})}
        self._client: PipelineClient[Any, Any] = PipelineClient(self.url, policies=policies, **options)

    def __enter__(self) -> "AzureCalls":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, address: str, *, asked_for: str, **params: str) -> Any:
        """Return the JSON at a path, or at an absolute link that Azure gave; ``asked_for`` completes "Azure could not …".

        Raises :class:`~shared.azure.errors.AzureCallError`, and what ``wait`` raises.
        """
        return self.send("GET", address, asked_for=asked_for, decode=msgspec.json.decode, params=params)[0]

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
    ) -> tuple[_Decoded, Answer]:
        """Send one request until it is answered, and return the answer, decoded and whole.

        Throttling is waited out for as long as ``wait`` allows and never counts as a failure; a token that is refused is
        replaced once; broken connections, answers that were cut off and failures of the service are tried again a few times.
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
                told = error.retry_after_s
                self._pause(_backoff(throttled) if told is None else told, throttled=True)
            except _TokenRefusedError as error:
                if was_refused:
                    raise error.told from None
                was_refused = True
                self._token.replace(error.token)
                self._count(retries=1)
            except (AzureServiceError, AzureNetworkError, msgspec.DecodeError) as error:
                failures += 1
                if failures > _MOST_FAILURES:
                    raise _told(error, asked_for) from error
                self._pause(getattr(error, "retry_after_s", None) or _backoff(failures), throttled=False)

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
            retry_after_s = _retry_after_s(headers)
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
            raise _TokenRefusedError(refused, request.headers["Authorization"].removeprefix("Bearer "))
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
        seconds = min(seconds, _LONGEST_OBEYED_S)
        self._count(retries=1, throttled=int(throttled), waited_s=seconds)
        self._wait(seconds)

    def _count(self, *, calls: int = 0, retries: int = 0, throttled: int = 0, waited_s: float = 0.0) -> None:
        with self._lock:
            self.tally.calls += calls
            self.tally.retries += retries
            self.tally.throttled += throttled
            self.tally.waited_s += waited_s


class _TokenRefusedError(Exception):
    """The service does not accept the token, although it was valid by this machine's clock."""

    def __init__(self, told: AzureCallError, token: str) -> None:
        super().__init__()
        self.told = told
        self.token = token


class _Token(SansIOHTTPPolicy[Any, Any]):
    """Puts the credential's present token on each request; the credential keeps and renews it."""

    def __init__(self, credential: TokenCredential, scope: str) -> None:
        super().__init__()
        self._credential = credential
        self._scope = scope

    def on_request(self, request: PipelineRequest[Any]) -> None:
        request.http_request.headers["Authorization"] = f"Bearer {self.text()}"

    def text(self) -> str:
        return self._credential.get_token(self._scope).token

    def replace(self, refused: str) -> None:
        """Let the credential keep another token than the one that was refused, if it can be asked for one."""
        another = getattr(self._credential, "another_token", None)
        if another is not None:
            another(self._scope, refused=refused)


def _told(error: Exception, asked_for: str) -> AzureCallError:
    if isinstance(error, AzureCallError):
        return error
    return AzureServiceError(f"Azure could not {asked_for}: its answer was cut off or is no JSON.")


def _backoff(failures: int) -> float:
    longest = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2.0 ** min(failures, 10))
    # Workers that failed together must not come back together.
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - no secret


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    for name, unit in (("retry-after-ms", 0.001), ("Retry-After", 1.0)):
        value = str(headers.get(name, "")).strip()
        if value.isdigit():
            return float(value) * unit
    return None


def _json_or_none(content: bytes) -> Any:
    try:
        return msgspec.json.decode(content)
    except msgspec.DecodeError:
        return None
