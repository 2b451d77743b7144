"""Advisor is asked for all subscriptions at once, and nobody waits longer than there is time."""

from collections.abc import Iterator

import pytest

from shared.azure.errors import AzureAuthenticationError
from shared.azure.generating import generate
from tests.generators.azure_estate import make_estate
from tests.simulators.azure_management import AzureManagement
from tests.simulators.faults import Fault
from tests.unit.azure.fetches import calls_to


@pytest.fixture
def azure() -> Iterator[AzureManagement]:
    with AzureManagement(make_estate(40, 40)) as running:
        yield running


def _generated(azure: AzureManagement, *, patience_s: float = 60.0) -> tuple[dict[str, str], list[float], list[int]]:
    waits: list[float] = []
    told: list[int] = []
    with calls_to(azure) as calls:
        failures = generate(
            calls, list(azure.estate.subscriptions), wait=waits.append, on_progress=told.append, patience_s=patience_s
        )
    return failures, waits, told


def test_subscriptions_are_waited_for_together(azure: AzureManagement) -> None:
    azure.advisor.generating_polls = 2
    failures, waits, told = _generated(azure)
    assert failures == {}
    assert sorted(azure.advisor.generated) == sorted(azure.estate.subscriptions)
    # Three looks for forty subscriptions, as for one.
    assert waits == [1.0] * 3
    assert told == [0, 0, 0, 40]


def test_those_that_are_not_done_in_time_are_told(azure: AzureManagement) -> None:
    azure.advisor.generating_polls = 1000
    failures, waits, _ = _generated(azure, patience_s=5.0)
    assert set(failures) == set(azure.estate.subscriptions)
    assert sum(waits) <= 5.0
    failures, waits, _ = _generated(azure, patience_s=-1.0)
    assert set(failures.values()) == {"There was no time left to ask for a refresh."}
    assert waits == []


def test_throttled_refresh_does_not_take_the_time_for_the_reading(azure: AzureManagement) -> None:
    azure.faults.plan(Fault.THROTTLED, path="generateRecommendations", times=1000)
    azure.retry_after = "90"
    failures, waits, _ = _generated(azure)
    assert set(failures.values()) == {"Azure asked for fewer requests."}
    assert waits == []


def test_refused_refresh_is_told_and_spoils_no_other(azure: AzureManagement) -> None:
    azure.advisor.generating_polls = 0
    refused = sorted(azure.estate.subscriptions)[7]
    azure.faults.plan(Fault.FORBIDDEN, path=f"{refused}/.*generateRecommendations")
    failures, _, _ = _generated(azure)
    assert set(failures) == {refused}
    assert "permission" in failures[refused]


def test_refused_sign_in_ends_it(azure: AzureManagement) -> None:
    azure.faults.plan(Fault.TOKEN_REFUSED, times=1000)
    with pytest.raises(AzureAuthenticationError):
        _generated(azure)
