"""What can go wrong between this product and Azure: three families, told apart by what has to be done about them.

Authentication: nothing helps but a person; the connection is marked. Service and throttling: Azure is there and says no for
now. Network: Azure was not reached. The latter two are tried again.
"""

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)

from shared.azure import sign_in_refusals
from shared.azure.asked_waits import asked_wait_s
from shared.errors import AdvisorReportsError

# "The client '…' with object id '…' does not have authorization to perform action 'A' over scope 'S' …"
_ACTION = re.compile(r"perform action '([\w./-]{3,200})'(?: over scope '([^']{1,500})')?")
# As MSAL words an answer that is not of Entra's making, such as a gateway's.
_HTTP_ERROR = re.compile(r"HTTP (?:Error|status): (\d{3})\b")
_TRY_LATER = "Nothing has to be done: it is tried again. If it stays, look at https://azure.status.microsoft."
_MAX_TOLD_CHARS = 300


class AzureCallError(AdvisorReportsError):
    """Azure was asked, and it did not go well; the base of the three families."""

    code = "azure_call_failed"
    family: ClassVar[str] = "service"


class AzureAuthenticationError(AzureCallError):
    """The connection could not sign in, or its token was refused: a person has to change something."""

    code = "azure_authentication_failed"
    family = "authentication"

    def __init__(self, message: str, *, next_step: str, reason: str = "sign_in_refused") -> None:
        super().__init__(message, next_step=next_step)
        self.reason = reason
        """Stable and machine-readable, finer than ``code``: ``secret_expired``, ``consent_missing`` …"""
        self.secret_version: str | None = None
        """The version of the secret that was signed in with, where there was one and it is known."""


class AzurePermissionError(AzureCallError):
    """Signed in, yet without the right to what was asked for; concerns that one thing, not the whole connection."""

    code = "azure_permission_missing"
    family = "authentication"

    def __init__(self, action: str, scope: str) -> None:
        where = f" on {scope}" if scope else ""
        what = action or "what was asked for"
        super().__init__(
            f"The connection lacks the permission {what}{where}.",
            next_step="Give it the role Reader on the subscription or the management group above it; new roles take effect "
            "within some minutes.",
        )
        self.action = action
        self.scope = scope


class AzureServiceError(AzureCallError):
    """Azure answered that it cannot, for now."""

    code = "azure_service_failed"
    retryable = True

    def __init__(
        self,
        message: str,
        *,
        next_step: str = _TRY_LATER,
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, next_step=next_step)
        self.status = status
        self.retry_after_s = retry_after_s
        """How long it asked to be left alone, if it did."""


class AzureThrottledError(AzureServiceError):
    """Azure asks for fewer requests."""

    code = "azure_throttled"

    def __init__(self, *, retry_after_s: float | None = None) -> None:
        super().__init__("Azure asked for fewer requests.", status=429, retry_after_s=retry_after_s)


class AzureRefusedError(AzureCallError):
    """Azure does not accept the request as it is; the same request will not fare better."""

    code = "azure_request_refused"

    def __init__(
        self,
        message: str,
        *,
        next_step: str,
        status: int | None = None,
        azure_code: str = "",
        detail_codes: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(message, next_step=next_step)
        self.status = status
        self.azure_code = azure_code
        self.detail_codes = detail_codes
        """Codes that stand further down in Azure's answer, and may say more than the first."""


class AzureNetworkError(AzureCallError):
    """Azure was not reached, or the connection broke."""

    code = "azure_unreachable"
    family = "network"
    retryable = True

    def __init__(self, host: str = "") -> None:
        super().__init__(
            f"{host or 'Azure'} could not be reached.",
            next_step="Check that this network lets HTTPS through to it, also by name; it is tried again.",
        )


def sign_in_error(error: BaseException) -> AzureCallError:
    """Return why no token was had, from whatever azure-identity raised; its causes are looked through as well."""
    chain = list(_causes(error))
    if known := next((cause for cause in chain if isinstance(cause, AzureCallError)), None):
        return known
    if any(isinstance(cause, ServiceRequestError | ServiceResponseError) for cause in chain):
        return AzureNetworkError("Microsoft Entra ID")
    status = next((status for cause in chain if (status := _status_of(cause)) is not None), None)
    refusal = sign_in_refusals.found_in(" ".join(str(cause) for cause in chain))
    if status == 429 or (refusal is not None and refusal.throttled):
        return AzureThrottledError(retry_after_s=_retry_after_s(chain))
    if refusal is not None and refusal.passing:
        return AzureServiceError(refusal.sentence, next_step=refusal.next_step)
    # Also with a code that is not known here: whoever answers like that says nothing of the credential.
    is_known = refusal is not None and refusal.reason != sign_in_refusals.UNKNOWN.reason
    if not is_known and status is not None and status >= 500:
        return AzureServiceError("Microsoft Entra ID could not issue a token for now.", status=status)
    # An error without a known reason is not repeated: nobody knows what it holds.
    refusal = refusal or sign_in_refusals.UNKNOWN
    return AzureAuthenticationError(refusal.sentence, next_step=refusal.next_step, reason=refusal.reason)


def error_of(error: AzureError, *, asked_for: str) -> AzureCallError:
    """Return ``error`` of a call to Azure as one of the families; ``asked_for`` completes "Azure could not …".

    Takes what azure-core raises: transport errors, and answers with a status that means failure.
    """
    if isinstance(error, ServiceRequestError | ServiceResponseError):
        return AzureNetworkError()
    if not isinstance(error, HttpResponseError) or error.status_code is None:
        return sign_in_error(error) if isinstance(error, ClientAuthenticationError) else AzureNetworkError()
    return refusal_of(error.status_code, _body_of(error), asked_for=asked_for, retry_after_s=_retry_after_s([error]))


def refusal_of(status: int, body: Any, *, asked_for: str, retry_after_s: float | None = None) -> AzureCallError:
    """Return what an answer of Azure Resource Manager with this failing ``status`` and JSON ``body`` means."""
    code, message = _code_and_message(body)
    if status == 429 or code in {"RateLimiting", "TooManyRequests"}:
        return AzureThrottledError(retry_after_s=retry_after_s)
    if status == 401:
        refused = sign_in_refusals.of_token(code)
        return AzureAuthenticationError(refused.sentence, next_step=refused.next_step, reason=refused.reason)
    if status == 403:
        match = _ACTION.search(message)
        return AzurePermissionError(match[1] if match else "", (match[2] or "") if match else "")
    if status >= 500 or status == 408:
        text = f"Azure could not {asked_for} for now (HTTP {status})."
        return AzureServiceError(text, status=status, retry_after_s=retry_after_s)
    told = f" ({code}: {message[:_MAX_TOLD_CHARS]})" if code else f" (HTTP {status})"
    next_step = "Look up the code in Azure's documentation; if it says nothing, report it with the job's trace id."
    return AzureRefusedError(
        f"Azure would not {asked_for}{told}.",
        next_step=next_step,
        status=status,
        azure_code=code,
        detail_codes=_detail_codes(body),
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    for _ in range(10):
        if seen is None:
            return
        yield seen
        seen = seen.__cause__ or seen.__context__


def _status_of(error: BaseException) -> int | None:
    if isinstance(error, HttpResponseError) and error.status_code is not None:
        return error.status_code
    match = _HTTP_ERROR.search(str(error))
    return int(match[1]) if match else None


def _retry_after_s(chain: list[BaseException]) -> float | None:
    for error in chain:
        response = getattr(error, "response", None)
        if response is not None and (waited := asked_wait_s(response.headers)) is not None:
            return waited
    return None


def _body_of(error: HttpResponseError) -> Any:
    # The SDK has read it as OData where it could.
    if error.error is not None:
        return {"error": {"code": error.error.code, "message": error.error.message}}
    return {}


def _code_and_message(body: Any) -> tuple[str, str]:
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return "", ""
    return str(error.get("code") or "")[:100], str(error.get("message") or "")[:2000]


def _detail_codes(body: Any) -> frozenset[str]:
    error = body.get("error") if isinstance(body, dict) else None
    details = error.get("details") if isinstance(error, dict) else None
    found = (str(one.get("code") or "") for one in details if isinstance(one, dict)) if isinstance(details, list) else ()
    return frozenset(code[:100] for code in found if code)
