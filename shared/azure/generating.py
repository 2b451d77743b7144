"""Asking Advisor to compute its recommendations anew, and waiting until it has.

All subscriptions are asked first and looked after together: Advisor takes a minute or two for each, however many others it
computes at the same time.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from shared.azure.advisor_lists import VERSION
from shared.azure.asked_waits import asked_wait_s
from shared.azure.calls import Answer, AzureCalls
from shared.azure.errors import AzureAuthenticationError, AzureCallError, AzureNetworkError

PATIENCE_S = 240.0
"""Of the job's ten minutes; the rest is for the reading."""

_ASKED_FOR = "refresh its recommendations"
_USUAL_PAUSE_S = 10.0
_LONGEST_PAUSE_S = 60.0
_AT_ONCE = 16
_STILL_COMPUTING = "Advisor was still computing its recommendations when they were read."
_NOT_ASKED = "There was no time left to ask for a refresh."


@dataclass(frozen=True)
class _State:
    """How far one subscription is: where to look next, or how it ended (empty: well)."""

    subscription_id: str
    location: str | None = None
    pause_s: float = 0.0
    failure: str = ""


def generate(
    calls: AzureCalls,
    subscription_ids: Iterable[str],
    *,
    wait: Callable[[float], None],
    on_progress: Callable[[int], None] = lambda _done: None,
    patience_s: float = PATIENCE_S,
) -> dict[str, str]:
    """Let Advisor compute the recommendations of each subscription anew; return why it did not, by subscription.

    A subscription that refuses, or is not done within ``patience_s``, still has its former recommendations, so it is told
    and not raised. Raises :class:`~shared.azure.errors.AzureNetworkError`, authentication errors, and what ``wait`` raises.
    """
    ids = list(subscription_ids)
    failures: dict[str, str] = {}
    until = time.monotonic() + patience_s
    waited_s = 0.0

    def ended(states: Iterable[_State]) -> Sequence[_State]:
        pending = []
        for state in states:
            if state.location is not None:
                pending.append(state)
            elif state.failure:
                failures[state.subscription_id] = state.failure
        on_progress(len(ids) - len(pending))
        return pending

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="azure generate") as threads:
        pending = ended(threads.map(lambda one: _begun(calls, one, until), ids))
        while pending and waited_s < patience_s and time.monotonic() < until:
            pause_s = min(state.pause_s for state in pending)
            wait(pause_s)
            waited_s += pause_s
            pending = ended(threads.map(lambda state: _looked(calls, state, until), pending))
    failures.update((state.subscription_id, _STILL_COMPUTING) for state in pending)
    return failures


def _begun(calls: AzureCalls, subscription_id: str, until: float) -> _State:
    if time.monotonic() > until:
        return _State(subscription_id, failure=_NOT_ASKED)
    path = f"/subscriptions/{subscription_id}/providers/Microsoft.Advisor/generateRecommendations"
    return _asked(calls, "POST", f"{path}?api-version={VERSION}", _State(subscription_id), until)


def _looked(calls: AzureCalls, state: _State, until: float) -> _State:
    assert state.location is not None  # noqa: S101 - only those that have one are looked after
    return _asked(calls, "GET", state.location, state, until)


def _asked(calls: AzureCalls, method: str, address: str, state: _State, until: float) -> _State:
    try:
        _, answer = calls.send(method, address, asked_for=_ASKED_FOR, decode=bytes, until=until)
    except (AzureNetworkError, AzureAuthenticationError):
        raise
    except AzureCallError as error:
        return _State(state.subscription_id, failure=error.message)
    if answer.status != 202:
        return _State(state.subscription_id)
    # An answer on the way may leave out where to look, which then stays where it was.
    location = answer.headers.get("Location") or state.location
    return _State(state.subscription_id, location, _pause_s(answer)) if location else _State(state.subscription_id)


def _pause_s(answer: Answer) -> float:
    told = asked_wait_s(answer.headers)
    # Never at once: a service that names no time worth the name is not asked in a circle.
    return min(max(told, 1.0) if told is not None else _USUAL_PAUSE_S, _LONGEST_PAUSE_S)
