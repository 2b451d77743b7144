"""A look at the statistics of many subscriptions: several groups at once, none spoilt by one, ended when asked to."""

import threading
from collections.abc import Callable, Iterator

import pytest

from shared.azure import groups, statistics
from shared.azure.errors import AzurePermissionError
from shared.azure.resource_graph import ResourceGraph
from shared.azure.statistics import Statistics
from tests.generators.azure_estate import make_estate
from tests.simulators.azure_management import AzureManagement
from tests.simulators.faults import Fault
from tests.unit.azure.fetches import OpenGate, calls_to


@pytest.fixture
def azure() -> Iterator[AzureManagement]:
    with AzureManagement(make_estate(8, 80, put_aside=False)) as running:
        running.graph.quota = None
        yield running


def _look(azure: AzureManagement, *more: str, check: Callable[[], None] = lambda: None) -> Statistics:
    with calls_to(azure) as calls:
        return statistics.look(ResourceGraph(calls, OpenGate()), [*azure.estate.subscriptions, *more], check=check)


def test_groups_are_asked_about_at_the_same_time(azure: AzureManagement) -> None:
    unseen = [f"00000000-0000-4000-8000-{number:012}" for number in range(5 * 250)]
    # Nobody goes on before all six are there; one after the other would wait in vain.
    together = threading.Barrier(groups.AT_ONCE)
    first = threading.local()

    def check() -> None:
        if not hasattr(first, "passed"):
            first.passed = True
            together.wait(timeout=60)

    found = _look(azure, *unseen, check=check)
    assert (found.subscriptions_wanted, found.subscriptions_read, found.recommendations) == (1258, 8, 80)


def test_subscription_that_is_refused_spoils_no_other(azure: AzureManagement) -> None:
    refused = sorted(azure.estate.subscriptions)[4]
    whole = _look(azure)
    azure.graph.forbidden.add(refused)
    found = _look(azure)
    assert (found.subscriptions_wanted, found.subscriptions_read) == (8, 7)
    own = sum(1 for _ in azure.estate.subscriptions[refused].items())
    assert found.recommendations == whole.recommendations - own
    azure.graph.forbidden.update(azure.estate.subscriptions)
    azure.calls.clear()
    with pytest.raises(AzurePermissionError):
        _look(azure)
    assert len(azure.calls) == 3, "all of them are not asked for piece by piece"


def test_answer_that_leaves_rows_out_is_asked_for_in_smaller_groups(azure: AzureManagement) -> None:
    whole = _look(azure)
    azure.faults.plan(Fault.TRUNCATED, path="resourcegraph", skip=2)
    found = _look(azure)
    assert (found.subscriptions_read, found.counts, found.scores) == (8, whole.counts, whole.scores)
    assert azure.faults.happened == [Fault.TRUNCATED]


def test_look_is_ended_between_two_questions_of_a_group(azure: AzureManagement) -> None:
    def check() -> None:
        if len(azure.calls) == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        _look(azure, check=check)
    assert len(azure.calls) == 2
