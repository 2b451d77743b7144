"""A fetch brings everything that the portal would show, each once, and says what it could not bring."""

from collections.abc import Iterator

import pytest

from shared.advisor.standing import Standing
from shared.advisor.vocabulary import Category, Impact
from shared.azure.errors import AzureAuthenticationError, AzureServiceError
from shared.azure.filters import FetchFilter, TagFilter
from shared.azure.resource_graph import GROUP
from tests.generators.azure_estate import AzureEstate, make_estate
from tests.simulators.azure_management import AzureManagement
from tests.simulators.faults import Fault
from tests.unit.azure.fetches import fetch

_GRAPH = "resourcegraph"


@pytest.fixture(scope="module")
def large() -> AzureEstate:
    return make_estate(12, 2600)


@pytest.fixture
def azure(large: AzureEstate) -> Iterator[AzureManagement]:
    with AzureManagement(large) as running:
        running.graph.quota = None
        yield running


@pytest.fixture
def small() -> Iterator[AzureManagement]:
    """Three subscriptions of the test's own."""
    with AzureManagement(make_estate(3, 90, put_aside=False)) as running:
        running.graph.quota = None
        yield running


def _active(estate: AzureEstate) -> set[str]:
    """Return the names of what the portal shows, told independently of the product's own rules."""
    names = set()
    for subscription in estate.subscriptions.values():
        aside = {row["id"].split("/")[-3] for row in subscription.suppressions[:2]}
        excluded = {row["id"].split("/")[4] for row in subscription.configurations if row["properties"]["exclude"]}
        for row in subscription.items():
            if row["name"] not in aside and row["resourceGroup"] not in excluded:
                names.add(row["name"])
    return names


def test_everything_the_portal_shows_comes_once(azure: AzureManagement) -> None:
    got = fetch(azure)
    assert got.ids == _active(azure.estate)
    assert len(got.rows) == len(got.ids)
    assert got.fetched.refused == []
    assert got.fetched.read == 12
    assert got.counts.missing == got.counts.duplicates == 0
    assert got.counts.left_out[Standing.DISMISSED] == got.counts.left_out[Standing.POSTPONED] == 12
    assert got.counts.left_out[Standing.EXCLUDED] > 0


def test_subscriptions_are_asked_for_together(azure: AzureManagement) -> None:
    got = fetch(azure, with_scores=False)
    # Three pages of recommendations, one question about what is put aside, one about what can be seen.
    assert got.tally.calls == len(azure.calls) == 5


def test_rows_carry_what_only_a_live_fetch_knows(azure: AzureManagement) -> None:
    row = next(row for row in fetch(azure).rows if row.resource_group)
    assert row.subscription_name.startswith("Contoso ")
    assert '"costCenter"' in row.extras["tags"]
    assert row.extras["location"]


def test_what_is_put_aside_can_be_kept_with_the_reason(azure: AzureManagement) -> None:
    got = fetch(azure, keep_put_aside=True)
    assert len(got.rows) == azure.estate.recommendations()
    by_standing = {row.standing: row for row in got.rows}
    assert by_standing[Standing.DISMISSED].standing_reason == "Dismissed in Azure for good."
    assert by_standing[Standing.POSTPONED].standing_until is not None
    assert "resource group" in by_standing[Standing.EXCLUDED].standing_reason


def test_repeated_page_is_merged_by_id(azure: AzureManagement) -> None:
    azure.faults.plan(Fault.REPEATED_PAGE, path=_GRAPH, skip=3)
    got = fetch(azure, with_scores=False)
    assert len(got.rows) == len(got.ids)
    assert got.counts.duplicates == 1000
    # The page that the repetition displaced is noticed, since Azure says how many there are.
    assert got.counts.missing > 0


@pytest.mark.parametrize(
    "fault", [Fault.THROTTLED, Fault.THROTTLED_SILENTLY, Fault.BROKEN, Fault.AWAY, Fault.CUT, Fault.HUNG_UP, Fault.SLOW]
)
def test_passing_fault_costs_time_and_no_row(azure: AzureManagement, fault: Fault) -> None:
    azure.slow_s = 0.05
    azure.faults.plan(fault, path=_GRAPH, skip=2, times=3)
    got = fetch(azure)
    assert got.ids == _active(azure.estate)
    assert azure.faults.happened == [fault] * 3
    assert got.tally.retries == len(got.waits) == (0 if fault is Fault.SLOW else 3)


def test_throttling_is_never_a_failure(azure: AzureManagement) -> None:
    azure.faults.plan(Fault.THROTTLED, path=_GRAPH, times=40)
    got = fetch(azure)
    assert got.ids == _active(azure.estate)
    assert got.tally.throttled == 40
    assert set(got.waits) == {1.0}


def test_throttling_without_a_time_is_waited_out_longer_and_longer(small: AzureManagement) -> None:
    small.graph.unseen.update(small.estate.subscriptions)
    small.faults.plan(Fault.THROTTLED_SILENTLY, path="recommendations", times=24)
    got = fetch(small)
    assert len(got.rows) == 90
    assert got.tally.throttled == 24
    assert max(got.waits) > 5 * min(got.waits)


@pytest.mark.parametrize("said", ["0", "-5", "soon", "Thu, 26 Nov 2020 12:05:00 GMT", "²"])
def test_time_that_is_none_is_not_obeyed(small: AzureManagement, said: str) -> None:
    small.retry_after = said
    small.faults.plan(Fault.THROTTLED, path=_GRAPH, times=3)
    got = fetch(small)
    assert len(got.rows) == 90
    assert len(got.waits) == 3
    assert all(0.25 <= wait <= 4 for wait in got.waits)


@pytest.mark.parametrize("said", ["86400", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_nobody_waits_for_hours_on_the_word_of_one_answer(small: AzureManagement, said: str) -> None:
    small.retry_after = said
    small.faults.plan(Fault.THROTTLED, path=_GRAPH)
    assert fetch(small).waits == [120.0]


def test_service_that_stays_broken_ends_the_fetch_as_retryable(azure: AzureManagement) -> None:
    azure.faults.plan(Fault.AWAY, path=_GRAPH, times=1000)
    with pytest.raises(AzureServiceError) as caught:
        fetch(azure)
    assert caught.value.retryable


def test_token_that_ends_midway_is_replaced(azure: AzureManagement) -> None:
    azure.faults.plan(Fault.TOKEN_REFUSED, path=_GRAPH, skip=3)
    assert fetch(azure).ids == _active(azure.estate)


def test_token_that_is_refused_again_ends_the_fetch_for_good(azure: AzureManagement) -> None:
    azure.faults.plan(Fault.TOKEN_REFUSED, path=_GRAPH, times=1000)
    with pytest.raises(AzureAuthenticationError) as caught:
        fetch(azure)
    assert not caught.value.retryable


def test_truncated_answer_is_asked_for_in_smaller_groups(azure: AzureManagement) -> None:
    azure.faults.plan(Fault.TRUNCATED, path=_GRAPH, skip=2)
    got = fetch(azure)
    assert got.ids == _active(azure.estate)
    assert len(got.fetched.parts) == 2


def test_subscription_that_resource_graph_hides_is_read_from_the_list(azure: AzureManagement) -> None:
    hidden = next(iter(azure.estate.subscriptions))
    azure.graph.unseen.add(hidden)
    got = fetch(azure)
    assert got.ids == _active(azure.estate)
    assert [part.by_list for part in got.fetched.parts] == [False, True]
    assert got.fetched.refused == []


def test_group_of_which_resource_graph_shows_nothing_is_not_asked_for_piece_by_piece(azure: AzureManagement) -> None:
    azure.graph.unseen.update(azure.estate.subscriptions)
    got = fetch(azure, with_scores=False)
    assert got.ids == _active(azure.estate)
    assert sum("ResourceGraph" in call for call in azure.calls) == 1


def test_resource_graph_that_refuses_everything_is_not_asked_piece_by_piece(azure: AzureManagement) -> None:
    azure.graph.forbidden.update(azure.estate.subscriptions)
    got = fetch(azure, with_scores=False)
    assert got.ids == _active(azure.estate)
    assert sum("ResourceGraph" in call for call in azure.calls) == 3


def test_suppressions_of_an_unexpected_shape_are_said_of_their_subscription(small: AzureManagement) -> None:
    one = next(iter(small.estate.subscriptions.values()))
    one.suppressions.append(7)  # type: ignore[arg-type]
    small.graph.forbidden.add(one.id)
    got = fetch(small, tolerant=True)
    assert [(refused.subscription_id, refused.code) for refused in got.fetched.refused] == [
        (one.id, "azure_rows_unreadable")
    ]


def test_refused_subscription_is_named_and_spoils_no_other(azure: AzureManagement) -> None:
    refused = sorted(azure.estate.subscriptions)[4]
    azure.graph.forbidden.add(refused)
    azure.advisor.denied.add(refused)
    got = fetch(azure)
    assert [(one.subscription_id, one.code) for one in got.fetched.refused] == [(refused, "azure_permission_missing")]
    assert "Microsoft.Advisor" in got.fetched.refused[0].reason
    assert got.fetched.read == 11
    others = {row.subscription_id for row in got.rows}
    assert others == set(azure.estate.subscriptions) - {refused}


def test_subscription_that_resource_graph_stumbles_over_spoils_no_other_at_the_last_attempt(small: AzureManagement) -> None:
    small.graph.broken.add(sorted(small.estate.subscriptions)[1])
    with pytest.raises(AzureServiceError):
        fetch(small)
    got = fetch(small, tolerant=True)
    assert (len(got.rows), got.fetched.read, got.fetched.refused) == (90, 3, [])


def test_scores_that_are_refused_cost_no_recommendation(small: AzureManagement) -> None:
    small.graph.unseen.update(small.estate.subscriptions)
    small.faults.plan(Fault.FORBIDDEN, path="advisorScore", times=3)
    got = fetch(small)
    assert len(got.rows) == 90
    assert got.fetched.refused == []
    assert got.scores == []


def test_next_link_to_another_host_is_not_followed(small: AzureManagement) -> None:
    subscription = next(iter(small.estate.subscriptions.values()))
    subscription.recommendations *= 10
    small.graph.unseen.update(small.estate.subscriptions)
    small.faults.plan(Fault.ELSEWHERE, path=f"{subscription.id}/providers/Microsoft.Advisor/recommendations", times=100)
    got = fetch(small, tolerant=True)
    assert [one.subscription_id for one in got.fetched.refused] == [subscription.id]
    assert "another address" in got.fetched.refused[0].reason


def test_repeated_rows_of_the_list_are_merged(small: AzureManagement) -> None:
    for subscription in small.estate.subscriptions.values():
        subscription.recommendations *= 9
    small.graph.unseen.update(small.estate.subscriptions)
    got = fetch(small)
    assert len(got.rows) == len(got.ids) == 90
    assert got.counts.duplicates == 90 * 8


@pytest.mark.parametrize("hidden", [False, True], ids=["resource graph", "list"])
def test_filters_hold_whichever_way_a_subscription_is_read(small: AzureManagement, hidden: bool) -> None:
    if hidden:
        small.graph.unseen.update(small.estate.subscriptions)
    everything = fetch(small).rows
    wanted = FetchFilter(
        categories=(Category.RELIABILITY, Category.SECURITY),
        impacts=(Impact.HIGH,),
        resource_groups=("RG-01-TEST", "rg-02-prod"),
    )
    expected = {
        row.recommendation_id
        for row in everything
        if row.category in wanted.categories and row.impact is Impact.HIGH
        and row.resource_group in {"rg-01-test", "rg-02-prod"}
    }  # fmt: skip
    assert expected
    assert fetch(small, wanted).ids == expected


def test_filters_by_type_and_tag(small: AzureManagement) -> None:
    everything = fetch(small).rows
    one = next(row for row in everything if row.resource_group)
    same_type = {row.recommendation_id for row in everything if row.resource_type.lower() == one.resource_type.lower()}
    assert fetch(small, FetchFilter(resource_types=(one.resource_type.upper(),))).ids == same_type
    team = {row.recommendation_id for row in everything if '"owner":"team-a"' in row.extras.get("tags", "")}
    assert team
    assert fetch(small, FetchFilter(tag=TagFilter(name="owner", values=("team-a",)))).ids == team
    assert fetch(small, FetchFilter(tag=TagFilter(name="owner", values=("TEAM-A",)))).ids == set()


def test_tags_are_compared_as_azure_does(small: AzureManagement) -> None:
    resources = [one for subscription in small.estate.subscriptions.values() for one in subscription.resources]
    for resource, tags in zip(resources, ({"Größe": "L"}, {"owner": ""}, {"coowner": "team-a"}, {}), strict=False):
        resource["tags"] = tags

    def found(name: str, *values: str) -> set[str]:
        return {row.resource_id for row in fetch(small, FetchFilter(tag=TagFilter(name=name, values=values))).rows}

    assert found("OWNER", "team-a") == found("owner", "team-a")
    assert resources[2]["id"] not in found("owner")
    assert found("gRÖSSE".replace("SS", "ß")) == {resources[0]["id"]}
    # An empty value is a value; no tag at all is none.
    assert found("owner", "") == {resources[1]["id"]}
    assert resources[1]["id"] in found("owner")


def test_subscription_whose_tags_cannot_be_seen_is_reported(small: AzureManagement) -> None:
    hidden = next(iter(small.estate.subscriptions))
    small.graph.unseen.add(hidden)
    got = fetch(small, FetchFilter(tag=TagFilter(name="owner")))
    assert [(one.subscription_id, one.code) for one in got.fetched.refused] == [(hidden, "tags_unknown")]


def test_scores_come_with_their_history(small: AzureManagement) -> None:
    scores = fetch(small).scores
    assert len(scores) == 3 * 6
    assert {former.level for score in scores for former in score.history} == {"day", "month"}
    assert all(40 <= score.percent <= 100 for score in scores)


def test_broken_row_costs_that_row(small: AzureManagement) -> None:
    subscription = next(iter(small.estate.subscriptions.values()))
    row = next(subscription.items())
    row["properties"]["category"] = {"not": "text"}
    row["id"], row["name"] = f"{row['id']}x", "broken"
    subscription.add(row)
    got = fetch(small)
    assert len(got.rows) == 90
    assert [(one.reason_code, one.column) for one in got.rejected] == [("item_unexpected", "properties.category")]


def test_odd_facts_about_a_subscription_cost_no_recommendation(small: AzureManagement) -> None:
    one = next(iter(small.estate.subscriptions.values()))
    one.name = None  # type: ignore[assignment]
    one.suppressions += [
        {"id": None, "type": "microsoft.advisor/suppressions", "properties": {}},
        {"id": f"/subscriptions/{one.id}/a/suppressions/b", "type": "microsoft.advisor/suppressions", "properties": None},
    ]
    one.configure(low_cpu="NaN")
    odd = (None, {"timeSeries": 5}, {"timeSeries": [3, {"aggregationLevel": "day", "scoreHistory": 7}]})
    for score, properties in zip(one.scores, odd, strict=False):
        score["properties"] = properties
    got = fetch(small)
    assert len(got.rows) == 90
    assert (got.fetched.refused, got.rejected) == ([], [])
    assert len(got.scores) == 2 * 6 + 3


def test_groups_are_below_the_advised_size() -> None:
    assert GROUP < 300
