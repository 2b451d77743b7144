"""Groups of subscriptions: several asked about at once, and halved where one of them is at fault."""

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from shared.azure import queries
from shared.azure.errors import AzurePermissionError, AzureRefusedError
from shared.azure.resource_graph import GROUP, IncompleteAnswerError, ResourceGraph

AT_ONCE = 6
"""Groups in flight: enough to fill a quota of three queries a second with answers that take two seconds."""

LISTING = "list subscriptions"

_Outcome = TypeVar("_Outcome")


class GivenUpError(Exception):
    """Another group failed for good; nobody looks at this one any more."""


def groups_of(subscription_ids: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the subscriptions, each once and in lower case, in groups of as many as are asked for at once."""
    ordered = sorted({one.lower() for one in subscription_ids})
    return [tuple(ordered[at : at + GROUP]) for at in range(0, len(ordered), GROUP)]


def halves(group: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the two halves of a group of more than one."""
    middle = len(group) // 2
    return group[:middle], group[middle:]


def in_flight(
    waiting: deque[Callable[[], _Outcome]], take: Callable[[_Outcome], None], *, give_up: Callable[[], None]
) -> None:
    """Do what is ``waiting``, some of it at once, and give each outcome to ``take``, which may let more of it wait.

    Raises what the first raises that fails, after ``give_up``: the others are waited for, and should end soon then.
    """
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="azure groups") as threads:
        running: set[Future[_Outcome]] = set()
        try:
            while waiting or running:
                while waiting and len(running) < AT_ONCE:
                    running.add(threads.submit(waiting.popleft()))
                for done in wait(running, return_when=FIRST_COMPLETED).done:
                    running.remove(done)
                    take(done.result())
        except BaseException:
            # The block waits for the other groups, which have no need to go on to their ends.
            give_up()
            raise


def is_closed(graph: ResourceGraph, group: tuple[str, ...]) -> bool:
    """Return whether Resource Graph refuses a group's first and its last subscription alone, and so is taken to refuse all.

    To find each of a whole directory out by halves would use up the quota of an hour.
    """
    return all(_is_refused(graph, one) for one in (group[0], group[-1]))


def _is_refused(graph: ResourceGraph, subscription_id: str) -> bool:
    try:
        for _ in graph.pages(queries.SUBSCRIPTIONS, [subscription_id], asked_for=LISTING):
            break
    except AzurePermissionError:
        return True
    except (IncompleteAnswerError, AzureRefusedError):
        return False
    return False
