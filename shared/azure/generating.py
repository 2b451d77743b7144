"""Asking Advisor to compute its recommendations anew, and waiting until it has."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from shared.azure.advisor_lists import VERSION
from shared.azure.calls import AzureCalls
from shared.azure.errors import AzureCallError, AzureNetworkError

_ASKED_FOR = "refresh its recommendations"
_USUAL_PAUSE_S = 10.0
_LONGEST_PAUSE_S = 60.0
# Advisor takes a minute or two; one that never ends must not use up the time that the reading needs.
_MOST_POLLS = 12
_AT_ONCE = 8


def generate(
    calls: AzureCalls,
    subscription_ids: Iterable[str],
    *,
    wait: Callable[[float], None],
    on_progress: Callable[[int], None] = lambda _done: None,
) -> dict[str, str]:
    """Let Advisor compute the recommendations of each subscription anew; return why it did not, by subscription.

    A subscription that refuses, or is not done after a while, still has its former recommendations, so it is told and not
    raised. Raises :class:`~shared.azure.errors.AzureNetworkError`, authentication errors, and what ``wait`` raises.
    """
    ids = list(subscription_ids)
    failures: dict[str, str] = {}
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="azure generate") as threads:
        for done, (one, failure) in enumerate(threads.map(lambda one: (one, _generated(calls, one, wait)), ids), 1):
            if failure:
                failures[one] = failure
            on_progress(done)
    return failures


def _generated(calls: AzureCalls, subscription_id: str, wait: Callable[[float], None]) -> str:
    path = f"/subscriptions/{subscription_id}/providers/Microsoft.Advisor/generateRecommendations"
    try:
        _, answer = calls.send("POST", path, asked_for=_ASKED_FOR, decode=bytes, params={"api-version": VERSION})
        location = answer.headers.get("Location")
        for _ in range(_MOST_POLLS):
            if answer.status != 202 or not location:
                return ""
            told = str(answer.headers.get("Retry-After", "")).strip()
            wait(min(float(told) if told.isdigit() else _USUAL_PAUSE_S, _LONGEST_PAUSE_S))
            _, answer = calls.send("GET", location, asked_for=_ASKED_FOR, decode=bytes)
    except AzureNetworkError:
        raise
    except AzureCallError as error:
        if error.family == "authentication" and error.code == "azure_authentication_failed":
            raise
        return error.message
    return "Advisor was still computing its recommendations when they were read."
