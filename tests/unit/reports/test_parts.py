"""The chapters of reports, as values: what they say, and when they are left out."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import msgspec
import pytest

from shared.advisor.recommendation import Recommendation
from shared.advisor.standing import Standing
from shared.advisor.vocabulary import Category
from shared.comparison.result import ChangeKind, Trend
from shared.reports import ReportType
from shared.reports.insights import Insights
from shared.savings import count_savings
from shared.savings.policy import DisplayCurrency, ExchangeRate, SavingsPolicy, TermChoice
from tests.gallery.exhibits import TODAY, Exhibit, rows_of
from tests.generators.insights import comparison_for, insights_for
from tests.unit.reports import samples
from worker.reports.blocks import Block, Figure, KpiRow, Paragraph, Part, PartKind, Table
from worker.reports.charts import ChangeBars, Waterfall
from worker.reports.content import build_content
from worker.reports.document import ReportContent
from worker.reports.report_types import OfType


def content_of(
    rows: Sequence[Recommendation], report_type: ReportType = ReportType.DETAILED, insights: Insights | None = None
) -> ReportContent:
    facts = msgspec.structs.replace(samples.facts(), report_type=report_type)
    return build_content(list(OfType(rows, report_type)), (), facts, insights=insights)


def part_of(content: ReportContent, kind: PartKind) -> Part:
    return next(part for part in content.parts if part.kind is kind)


def words_of(blocks: Sequence[Block]) -> str:
    return "\n".join(line for block in blocks if isinstance(block, Paragraph) for line in block.lines).replace("\u00a0", " ")


def tables_of(part: Part) -> dict[str, Table]:
    return {block.heading: block for block in part.blocks if isinstance(block, Table)}


@pytest.mark.parametrize("report_type", list(ReportType))
def test_a_report_is_about_the_categories_of_its_type_and_leaves_out_what_was_set_aside(report_type: ReportType) -> None:
    aside = samples.recommendation(standing=Standing.DISMISSED)
    content = Exhibit(name="type", rows=80, report_type=report_type).content()
    found = {section.summary.category for section in content.sections}

    assert found <= report_type.categories
    assert content.total == sum(line.total for line in content.categories)
    assert content_of([aside], report_type).total == 0
    assert len({part.key for part in content.parts}) == len(content.parts)


def test_chapters_that_have_nothing_to_say_are_left_out() -> None:
    kinds = [part.kind for part in content_of([samples.recommendation()]).parts]

    assert kinds == [PartKind.SUMMARY, PartKind.FINDINGS, PartKind.APPENDIX]


def test_the_path_from_all_offers_to_what_can_be_achieved_adds_up() -> None:
    savings = part_of(Exhibit(name="cost", rows=300).content(), PartKind.SAVINGS)
    [chart] = (block.chart for block in savings.blocks if isinstance(block, Figure) and isinstance(block.chart, Waterfall))
    start, less, result, *_ = (step.value for step in chart.steps)
    kinds = tables_of(savings)["By what is done"]

    assert start - less == pytest.approx(result)
    *lines, total = ([cell.number for cell in row] for row in kinds.rows)
    assert [sum(line[column] or 0 for line in lines) for column in (1, 2, 3, 4)] == total[1:]
    assert kinds.has_total


def test_every_alternative_has_its_reason_in_words() -> None:
    content = Exhibit(name="cost", rows=300).content()
    reasons = tables_of(part_of(content, PartKind.SAVINGS))["Alternatives left out"]

    assert sum(row[1].number or 0 for row in reasons.rows) == sum(line.alternative_rows for line in content.savings)
    assert all(row[0].text.endswith(".") for row in reasons.rows)


def test_a_sum_in_another_currency_is_marked_as_converted_and_says_what_it_lacks() -> None:
    rows = [
        samples.recommendation(
            category=Category.COST, fingerprint=bytes([number]) * 16, annual_savings=Decimal(100), currency=currency
        )
        for number, currency in enumerate(("USD", "EUR", "GBP"))
    ]
    display = DisplayCurrency(
        currency="EUR", rates=(ExchangeRate(currency="USD", rate=Decimal("0.9215")),), as_of=date(2025, 2, 1)
    )
    content = build_content(rows, (), samples.facts(), savings=count_savings(rows, display=display))
    words = words_of(part_of(content, PartKind.SAVINGS).blocks)

    assert "Converted: EUR 192.15 a year" in words
    assert "1 USD = 0.9215 EUR" in words
    assert "Without a rate, and therefore not in it: GBP" in words
    assert "Amounts in different currencies are never added." in words


def test_a_remark_is_made_once_of_offers_in_any_currency() -> None:
    rows = [
        samples.recommendation(
            category=Category.COST,
            fingerprint=bytes([number]) * 16,
            annual_savings=Decimal(100),
            currency=currency,
            recommendation_type_id="84b1a508-fc21-49da-979e-96894f1665df",
            sku=f"Standard_D{number}s_v5",
            lookback_days=60,
        )
        for number, currency in enumerate(("USD", "EUR", "EUR"), start=1)
    ]
    for kind in (PartKind.SAVINGS, PartKind.APPENDIX):
        words = words_of(part_of(content_of(rows), kind).blocks)
        assert words.count("count from another look-back period") == 1
        assert "3 offers count from another look-back period" in words


def test_offers_that_only_the_policy_leaves_out_are_not_called_unestimated() -> None:
    rows = [
        samples.recommendation(
            category=Category.COST,
            annual_savings=Decimal(100),
            currency="USD",
            recommendation_type_id="84b1a508-fc21-49da-979e-96894f1665df",
            sku="Standard_D4s_v5",
            term="P3Y",
        )
    ]
    savings = count_savings(rows, policy=SavingsPolicy(term=TermChoice.ONE_YEAR))
    content = build_content(rows, (), samples.facts(), savings=savings)

    assert (content.kpis[-1].values, content.kpis[-1].note) == (("None counted",), "by this report's policy")
    assert content.summary[-1] == "1 offer has an amount, but it does not count by the policy of this report."


def test_a_sum_of_which_nothing_has_a_rate_is_not_said_to_be_zero() -> None:
    rows = [samples.recommendation(category=Category.COST, annual_savings=Decimal(100), currency="USD")]
    rates = (ExchangeRate(currency="GBP", rate=Decimal("1.1")),)
    display = DisplayCurrency(currency="EUR", rates=rates, as_of=date(2025, 2, 1))
    content = build_content(rows, (), samples.facts(), savings=count_savings(rows, display=display))
    words = words_of(part_of(content, PartKind.SAVINGS).blocks)

    assert "Nothing is converted into EUR: no rate was given for USD." in words
    assert "EUR 0" not in words


def test_a_report_without_recommendations_says_whether_its_sources_have_any() -> None:
    [source] = samples.facts().sources
    for accepted, expected in ((0, "Azure Advisor has no recommendations for"), (7, "The sources hold 7 recommendations")):
        sources = (msgspec.structs.replace(source, accepted=accepted),)
        content = build_content((), (), msgspec.structs.replace(samples.facts(), sources=sources))
        assert content.summary[0].startswith(expected)
        assert content.kpis[-1].values == ("–",)


def test_changes_alike_take_one_row_and_amounts_that_may_overlap_are_not_added() -> None:
    rows = rows_of(400)
    insights = insights_for(rows, count_savings(rows), TODAY)
    changes = part_of(content_of(rows, insights=insights), PartKind.CHANGES)
    new = next(table for heading, table in tables_of(changes).items() if heading.startswith("New ("))

    assert [kpi.label for block in changes.blocks if isinstance(block, KpiRow) for kpi in block.kpis] == [
        "Resolved",
        "New",
        "Changed",
        "Set aside",
    ]
    assert len({row[0].text for row in new.rows}) == len(new.rows)
    assert any("up to" in cell.text for row in new.rows for cell in row)
    money = tables_of(changes)["What that means in money"]
    [line] = ([cell.number or Decimal(0) for cell in row[1:]] for row in money.rows)
    assert sum(line[:-1]) == line[-1]
    printed = [Decimal(cell.text.replace(",", "") or 0) for cell in money.rows[0][1:]]
    assert sum(printed[:-1]) == printed[-1], "what is read adds up too"


def test_a_chart_of_changes_is_only_drawn_where_all_of_them_are_known() -> None:
    rows = rows_of(400)
    comparison = comparison_for(rows, count_savings(rows), TODAY)
    more = msgspec.structs.replace(comparison, counts={**comparison.counts, ChangeKind.NEW: 5_000})

    for told, expected in ((comparison, 1), (more, 0)):
        part = part_of(content_of(rows, insights=Insights(comparison=told)), PartKind.CHANGES)
        charts = [block for block in part.blocks if isinstance(block, Figure) and isinstance(block.chart, ChangeBars)]
        assert len(charts) == expected


def test_what_could_not_be_read_is_said_beside_what_changed_and_in_the_course_of_time() -> None:
    rows = rows_of(40)
    insights = insights_for(rows, count_savings(rows), TODAY)
    assert insights.comparison is not None
    assert insights.trend is not None
    first, *others = insights.trend.points
    comparison = msgspec.structs.replace(insights.comparison, not_read=("Old", "Older"), unread_rows=1)
    partial = Trend(points=(msgspec.structs.replace(first, unread_subscriptions=3), *others))
    content = content_of(rows, insights=msgspec.structs.replace(insights, comparison=comparison, trend=partial))

    told = words_of(part_of(content, PartKind.CHANGES).blocks)
    assert "2 subscriptions of the earlier data were not read this time; their findings are left out here." in told
    assert "1 row of this data could not be read" in told
    over_time = words_of(part_of(content, PartKind.TREND).blocks)
    assert over_time.startswith("Subscriptions that could not be read then are missing from the data of: ")


def test_a_first_report_says_why_nothing_is_compared() -> None:
    part = part_of(
        content_of([samples.recommendation()], insights=Insights(no_comparison_reason="It is the first.")), PartKind.CHANGES
    )

    assert words_of(part.blocks) == "It is the first."


def test_retirements_are_counted_and_those_past_are_warned_of() -> None:
    rows = [
        samples.recommendation(retiring_feature="Basic Load Balancer", retirement_date=date(2024, 9, 30)),
        samples.recommendation(retiring_feature="basic load balancer", retirement_date=date(2024, 9, 30)),
        samples.recommendation(retiring_feature="Unmanaged disks"),
    ]
    content = content_of(rows)

    assert [(item.feature, item.recommendations) for item in content.retirements] == [
        ("Basic Load Balancer", 2),
        ("Unmanaged disks", 1),
    ]
    part = part_of(content, PartKind.RETIREMENTS)
    assert "The date of 1 of them has passed" in words_of(part.blocks)
    assert [row[1].text for row in tables_of(part)["All retirements"].rows] == ["September 30, 2024", "not given"]


def test_what_is_yet_to_retire_is_not_said_to_have_retired() -> None:
    content = content_of([samples.recommendation(retiring_feature="Disks", retirement_date=date(2032, 9, 30))])

    assert words_of(part_of(content, PartKind.RETIREMENTS).blocks) == "1 feature that is in use will be retired."


def test_a_brief_report_says_how_many_retirements_it_does_not_show() -> None:
    rows = [
        samples.recommendation(retiring_feature=f"Feature {number}", retirement_date=date(2026, number, 1))
        for number in range(1, 9)
    ]

    brief = part_of(content_of(rows, report_type=ReportType.EXECUTIVE), PartKind.RETIREMENTS)
    assert "5 of 8 features are shown." in words_of(brief.blocks)
    assert "are shown" not in words_of(part_of(content_of(rows), PartKind.RETIREMENTS).blocks)


def test_quick_wins_bind_nobody_and_cost_little() -> None:
    cost = {"category": Category.COST, "annual_savings": Decimal(50), "currency": "USD"}
    rows = [
        samples.recommendation(**cost, problem="Delete the disk", fingerprint=b"1" * 16),
        samples.recommendation(**cost, problem="Consider virtual machine reserved instance", fingerprint=b"2" * 16),
        samples.recommendation(problem="Free", extras={"Cost implications (Preview)": "None"}),
        samples.recommendation(problem="Dear", extras={"recommendationCostImplication": "High"}),
    ]
    [table] = tables_of(part_of(content_of(rows), PartKind.QUICK_WINS)).values()

    assert [row[0].text for row in table.rows] == ["Delete the disk", "Free"]
    assert not table.note

    more = [
        samples.recommendation(**cost, problem=f"Delete disk {number}", fingerprint=number.to_bytes(16))
        for number in range(1, 7)
    ]
    [table] = tables_of(part_of(content_of(more, ReportType.EXECUTIVE), PartKind.QUICK_WINS)).values()
    assert (len(table.rows), table.note) == (4, "4 of 6 types are listed.")


def test_only_microsofts_own_pages_are_linked_to() -> None:
    def link(address: str) -> str:
        row = samples.recommendation(extras={"learnMoreLink": address})
        return content_of([row]).sections[0].groups[0].learn_more_url

    assert link("https://learn.microsoft.com/azure/key-vault/") == "https://learn.microsoft.com/azure/key-vault/"
    assert link("https://aka.ms/avset") == "https://aka.ms/avset"
    for other in (
        "http://learn.microsoft.com/",
        "https://microsoft.com.example/",
        "javascript:alert(1)",
        "https://evil.example",
    ):
        assert link(other) == ""


def test_a_report_in_german_is_german_from_cover_to_appendix() -> None:
    content = Exhibit(name="german", rows=120, language="de").content()

    assert [part.title for part in content.parts][:2] == ["Management-Zusammenfassung", "Einsparungen"]
    assert content.kpis[0].label == "Empfehlungen"
    assert "USD" in content.kpis[3].values[0]
    assert content.kpis[3].values[0].startswith(tuple("0123456789"))
