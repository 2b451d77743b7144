"""What a report says, computed from recommendations."""

from collections.abc import Iterator
from decimal import Decimal

import msgspec
import pytest

from shared.advisor.recommendation import Recommendation
from shared.advisor.vocabulary import Category, Impact
from tests.unit.reports import samples
from worker.reports import tallies
from worker.reports.blocks import Paragraph
from worker.reports.content import build_content
from worker.reports.document import ReportContent


def content_of(*rows: Recommendation) -> ReportContent:
    return build_content(rows, (), samples.facts())


def test_no_recommendations_make_a_report_that_says_so() -> None:
    content = content_of()

    assert content.total == 0
    assert content.sections == ()
    assert "no recommendations for Contoso Ltd" in content.summary[0]
    assert [kpi.values for kpi in content.kpis] == [("0",), ("0",), ("0",), ("–",)]


def test_one_recommendation_is_spoken_of_in_the_singular() -> None:
    content = content_of(samples.recommendation())

    assert content.summary[0].startswith("Azure Advisor makes 1 recommendation for Contoso Ltd in 1 subscription")
    assert content.kpis[0].note == "in 1 category"


def test_recommendations_are_grouped_by_type_id_whatever_its_case() -> None:
    content = content_of(
        samples.recommendation(recommendation_type_id="ABC", problem="One wording"),
        samples.recommendation(recommendation_type_id="abc", problem="Another wording"),
        samples.recommendation(recommendation_type_id="def", problem="One wording"),
    )

    assert [group.total for group in content.sections[0].groups] == [2, 1]


def test_without_a_type_id_recommendations_are_grouped_by_their_text() -> None:
    content = content_of(samples.recommendation(problem="Enable  backups"), samples.recommendation(problem="enable backups"))

    assert [group.total for group in content.sections[0].groups] == [2]


def test_the_same_text_in_two_categories_makes_two_groups() -> None:
    content = content_of(samples.recommendation(), samples.recommendation(category=Category.COST, category_as_given="Cost"))

    assert [section.summary.category for section in content.sections] == [Category.COST, Category.SECURITY]


def test_counts_by_category_and_impact_add_up_to_all_recommendations() -> None:
    rows = samples.recommendations(500)
    content = build_content(rows, (), samples.facts())

    assert sum(line.total for line in content.categories) == 500
    high = sum(line.counts[Impact.HIGH] for line in content.categories)
    assert high == sum(row.impact is Impact.HIGH for row in rows)
    assert sum(group.total for section in content.sections for group in section.groups) == 500


def test_an_unknown_category_stands_under_other_and_only_then_is_other_shown() -> None:
    odd = samples.recommendation(category=Category.OTHER, category_as_given="Sustainability")

    assert content_of(odd).categories[-1].category is Category.OTHER
    assert Category.OTHER not in [line.category for line in content_of(samples.recommendation()).categories]


def test_groups_begin_with_the_highest_impact_and_the_largest_savings() -> None:
    low = samples.recommendation(problem="low", impact=Impact.LOW)
    cheap = samples.recommendation(problem="cheap", annual_savings=Decimal(10), currency="USD")
    dear = samples.recommendation(problem="dear", annual_savings=Decimal(900), currency="USD")
    content = content_of(low, cheap, dear)

    assert [group.title for group in content.sections[0].groups] == ["dear", "cheap", "low"]


def test_currencies_are_never_added() -> None:
    content = content_of(
        samples.recommendation(fingerprint=b"1" * 16, annual_savings=Decimal(100), currency="USD"),
        samples.recommendation(fingerprint=b"2" * 16, annual_savings=Decimal(70), currency="EUR"),
    )

    assert {line.currency: line.counted for line in content.savings} == {"USD": 100, "EUR": 70}
    assert content.sections[0].groups[0].savings == {"EUR": 70, "USD": 100}
    assert "170" not in msgspec.json.encode(content).decode()
    assert "different currencies are never added" in content.summary[1]


def plan(amount: int) -> Recommendation:
    return samples.recommendation(
        category=Category.COST,
        category_as_given="Cost",
        problem="Purchasing a savings plan for compute could unlock lower prices",
        recommendation_type_id="89515250-1243-43d1-b4e7-f9437cedffd8",
        sku="Compute_Savings_Plan",
        annual_savings=Decimal(amount),
        currency="USD",
        fingerprint=amount.to_bytes(16, "big"),
    )


def test_of_offers_that_overlap_only_the_best_is_counted_and_the_text_says_so() -> None:
    content = content_of(plan(817), plan(500))
    group = content.sections[0].groups[0]

    assert content.savings[0].counted == 817
    assert group.savings == {"USD": Decimal(817)}
    assert group.alternatives == 1
    assert [resource.is_alternative for resource in group.resources] == [False, True]
    assert "1 further offer is an alternative" in content.summary[1]
    assert not any("1,317" in value for kpi in content.kpis for value in kpi.values)
    assert "1,317" not in "".join(content.summary)


def test_sums_of_sections_and_groups_equal_the_headline() -> None:
    content = build_content(samples.recommendations(800), (), samples.facts())
    headline = content.savings[0].counted

    assert sum(section.summary.savings.get("USD", Decimal(0)) for section in content.sections) == headline
    groups = [group for section in content.sections for group in section.groups]
    assert sum(group.savings.get("USD", Decimal(0)) for group in groups) == headline


def test_beyond_the_limit_the_most_important_are_listed_and_everything_is_counted() -> None:
    rows = samples.recommendations(400)
    full = build_content(rows, (), samples.facts())
    short = build_content(rows, (), samples.facts(), max_listed=30)

    listed = [resource for section in short.sections for group in section.groups for resource in group.resources]
    assert len(listed) == short.listed == 30
    assert {resource.impact for resource in listed} == {Impact.HIGH}
    assert short.categories == full.categories
    assert short.savings == full.savings
    [note] = (block.text for block in short.parts[0].blocks if isinstance(block, Paragraph) and block.tone == "note")
    assert "30 most important of 400" in note
    assert "Excel" in note
    totals = {group.title: group.total for section in full.sections for group in section.groups}
    assert all(group.total == totals[group.title] for section in short.sections for group in section.groups)
    assert any(group.left_out for section in short.sections for group in section.groups)


class Stream:
    """Recommendations that are made while they are read, and never held."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.readings = 0

    def __iter__(self) -> Iterator[Recommendation]:
        self.readings += 1
        for number in range(self.count):
            yield samples.recommendation(fingerprint=number.to_bytes(16, "big"), resource_name=f"vm-{number}")


def test_a_long_stream_is_read_three_times_and_not_held() -> None:
    stream = Stream(3_000)
    content = build_content(stream, (), samples.facts(), max_listed=10)

    assert stream.readings == 3
    assert content.total == 3_000
    assert content.sections[0].groups[0].left_out == 2_990


def test_of_very_many_resources_the_count_says_more_than(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.reports.content.MAX_DISTINCT_RESOURCES", 100)

    assert build_content(Stream(150), (), samples.facts()).kpis[2].values == ("more than 100",)


def test_of_very_many_subscriptions_the_count_says_more_than(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallies, "MAX_DISTINCT_SUBSCRIPTIONS", 2)
    rows = [samples.recommendation(subscription_id=str(number)) for number in range(3)]

    assert build_content(rows, (), samples.facts()).subscription_total == "more than 2"


def test_rejected_rows_are_all_counted_and_the_first_are_listed() -> None:
    content = build_content((), samples.REJECTED * 30, samples.facts())

    assert content.rejected_total == 360
    assert len(content.rejected) == 200
    assert "360 rows could not be read" in content.rejected_note


def test_a_row_about_a_subscription_carries_the_name_of_it() -> None:
    row = samples.recommendation(resource_name="00000000-0000-0000-0000-000000000001", resource_type="Subscription")

    resource = content_of(row).sections[0].groups[0].resources[0]
    assert (resource.name, resource.type, resource.subscription) == ("Contoso Production", "Subscription", "")


def test_an_offer_for_a_subscription_is_named_by_what_is_offered() -> None:
    row = samples.recommendation(
        resource_name="00000000-0000-0000-0000-000000000001", sku="Standard_D4s_v3", region="westeurope", term="P3Y",
        lookback_days=30, scope="Single",
    )  # fmt: skip
    resource = content_of(row).sections[0].groups[0].resources[0]

    assert resource.name == "Standard_D4s_v3 · westeurope"
    assert resource.detail == "3-year term · 30-day look-back · single scope"
    assert resource.subscription == "Contoso Production"


def test_a_solution_that_only_repeats_the_problem_is_left_out() -> None:
    repeated = samples.recommendation(solution="key vaults should have purge protection enabled.")
    other = samples.recommendation(solution="Turn it on")

    assert content_of(repeated).sections[0].groups[0].solution == ""
    assert content_of(other).sections[0].groups[0].solution == "Turn it on"


def test_missing_estimates_are_told_of_cost_only() -> None:
    content = content_of(samples.recommendation(), samples.recommendation(category=Category.COST))

    assert content.not_estimated == 1


def test_no_text_that_cannot_be_encoded_gets_into_the_content() -> None:
    content = content_of(
        samples.recommendation(resource_name="a\x00b\ud800c\nd", problem="\x1b[31mred", subscription_name="\udfff")
    )

    resource = content.sections[0].groups[0].resources[0]
    assert resource.name == "a\ufffdb\ufffdc d"
    msgspec.json.encode(content)


def test_what_was_noticed_about_a_source_is_told_before_the_numbers() -> None:
    facts = samples.facts()
    [source] = facts.sources
    told = msgspec.structs.replace(facts, sources=(msgspec.structs.replace(source, notes=("A page is missing.",)),))

    assert build_content((), (), told).method[0] == Paragraph("A page is missing.", label="About the source")
    assert all(told.label != "About the source" for told in content_of().method)


def test_content_survives_a_round_trip_through_json() -> None:
    content = build_content(samples.recommendations(50), samples.REJECTED, samples.facts())

    assert msgspec.json.decode(msgspec.json.encode(content), type=ReportContent) == content
