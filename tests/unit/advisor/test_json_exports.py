"""JSON in every shape of the API is read item by item, and each bad item says what is wrong with it."""

import gzip
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shared.advisor.exports import ExportKind, ExportPart, ReadLimits, UnreadableExportError, open_export, open_exports
from shared.advisor.vocabulary import Category, Impact
from tests.generators.advisor_json import SHAPES, save_json
from tests.generators.estate import Estate
from tests.unit.advisor.reading import read, rows_of

SUB = "/subscriptions/6F4376F1-b28b-58e0-9e32-91b14077ad71"
DATABASE = f"{SUB}/resourcegroups/RG-1/providers/microsoft.sql/servers/s1/databases/d1"


def item(number: int = 1, *, extended: dict[str, Any] | None = None, **properties: Any) -> dict[str, Any]:
    """Return a REST item."""
    return {
        "id": f"{DATABASE}/providers/Microsoft.Advisor/recommendations/{number}",
        "name": str(number),
        "type": "Microsoft.Advisor/recommendations",
        "properties": {
            "category": "HighAvailability",
            "impact": "Medium",
            "impactedField": "Microsoft.Sql/servers/databases",
            "impactedValue": "d1",
            "lastUpdated": "2023-07-27T10:36:37.2755613Z",
            "recommendationTypeId": "AAAA",
            "shortDescription": {"problem": "Is slow", "solution": "Make it fast"},
            "resourceMetadata": {"resourceId": DATABASE},
            "extendedProperties": extended or {},
            **properties,
        },
    }


def page(*items: Any, **members: Any) -> str:
    return json.dumps({"value": items, **members})


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_the_same_recommendations(tmp_path: Path, shape: str) -> None:
    got, rest = (
        rows_of(open_export(save_json(tmp_path / name, Estate(700), shape=name), file_name=name)) for name in (shape, "rest")
    )
    assert got.export.kind is ExportKind(f"{shape}_json")
    assert (len(got.accepted), got.rejected, got.export.columns) == (700, [], ())
    assert got.accepted == rest.accepted
    assert got.export.progress == 1


def test_an_item_fills_the_fields_it_has(tmp_path: Path) -> None:
    extended = {
        "annualSavingsAmount": "817.5", "savingsAmount": "68", "savingsCurrency": "usd", "term": "P3Y",
        "lookbackPeriod": "30", "sku": "D4", "region": "eastus2", "scope": "Single", "retirementDate": "2028-09-08",
        "retirementFeatureName": "Old",
        "qty": 2, "more": {"a": [1]}, "none": None,
    }  # fmt: skip
    one = read(tmp_path, page(item(extended=extended, potentialBenefits="Speed", risk="Warning", tracked=True,
        suppressionIds=["a", "b"], label="L", trackedProperties={"state": "Postponed"},
        resourceMetadata={"resourceId": DATABASE, "source": "S"}))).accepted[0]  # fmt: skip
    assert (one.category, one.category_as_given, one.impact) == (Category.RELIABILITY, "HighAvailability", Impact.MEDIUM)
    assert (one.problem, one.solution, one.potential_benefits) == ("Is slow", "Make it fast", "Speed")
    assert (one.subscription_id, one.resource_group, one.resource_name) == (SUB.split("/")[2], "RG-1", "d1")
    assert (one.resource_type, one.resource_id) == ("Microsoft.Sql/servers/databases", DATABASE)
    assert (one.recommendation_id, one.recommendation_type_id) == ("1", "AAAA")
    assert (one.annual_savings, one.currency, one.term, one.lookback_days) == (Decimal("817.5"), "USD", "P3Y", 30)
    assert (one.sku, one.region, one.scope) == ("D4", "eastus2", "Single")
    assert one.updated_at == datetime(2023, 7, 27, 10, 36, 37, 275561, UTC)
    assert (one.retirement_date, one.retiring_feature) == (date(2028, 9, 8), "Old")
    assert one.extras == {
        "savingsAmount": "68", "qty": "2", "more": '{"a":[1]}', "risk": "Warning", "suppressionIds": "a, b", "label": "L",
        "tracked": "true", "trackedProperties": '{"state":"Postponed"}', "resourceMetadata.source": "S",
    }  # fmt: skip


def test_a_monthly_amount_is_no_amount(tmp_path: Path) -> None:
    one = read(tmp_path, page(item(extended={"savingsAmount": "68", "savingsCurrency": "USD"}))).accepted[0]
    assert (one.annual_savings, one.currency) == (None, "")


def test_the_resource_comes_from_the_id_where_nothing_else_names_it(tmp_path: Path) -> None:
    one = read(tmp_path, page(item(resourceMetadata=None, impactedValue="other", impactedField="a/b-c"))).accepted[0]
    assert (one.resource_id, one.resource_name) == (DATABASE, "d1")
    assert one.extras == {"impactedValue": "other", "impactedField": "a/b-c"}


def test_without_any_id_the_row_says_what_it_is(tmp_path: Path) -> None:
    bare = item(resourceMetadata={}, extended={"subId": "s1"}) | {"id": None, "name": None, "resourceGroup": "rg"}
    one = read(tmp_path, page(bare)).accepted[0]
    assert (one.subscription_id, one.resource_group, one.resource_name) == ("s1", "rg", "d1")
    assert one.resource_type == "Microsoft.Sql/servers/databases"


def test_subscription_rows_are_kept(tmp_path: Path) -> None:
    row = item(
        resourceMetadata={"resourceId": SUB}, impactedField="Microsoft.Subscriptions/subscriptions", impactedValue=SUB[15:]
    )
    one = read(tmp_path, page(row)).accepted[0]
    assert (one.resource_group, one.resource_name, one.subscription_id) == ("", SUB[15:], SUB[15:])


@pytest.mark.parametrize(
    ("given", "days", "kept"),
    [("P30D", 30, {}), ("Last7Days", 7, {}), ("1-2", None, {"lookbackPeriod": "1-2"}), ("", None, {})],
)
def test_look_backs_are_days(tmp_path: Path, given: str, days: int | None, kept: dict[str, str]) -> None:
    one = read(tmp_path, page(item(extended={"lookbackPeriod": given}))).accepted[0]
    assert (one.lookback_days, one.extras) == (days, kept)


def test_dates_that_are_none_cost_no_row(tmp_path: Path) -> None:
    got = read(tmp_path, page(item(lastUpdated="soon", extended={"retirementDate": "later"})))
    assert got.accepted[0].extras == {"lastUpdated": "soon", "retirementDate": "later"}
    assert got.notes == ["dates_unread"]


@pytest.mark.parametrize(
    ("bad", "column", "code"),
    [
        (item(2, impact=5), "properties.impact", "item_unexpected"),
        ({"id": "x"}, "", "item_unexpected"),
        (5, "", "item_unexpected"),
        (item(2, shortDescription=None), "shortDescription", "recommendation_missing"),
        (item(2, shortDescription={"problem": "a\0b"}), "", "nul_character"),
        (item(2, shortDescription={"problem": "\ud800"}), "", "item_malformed"),
        (item(2, extended={"k": ["\0"]}), "", "nul_character"),
        (item(2, shortDescription={"problem": "x" * 600}), "problem", "cell_too_long"),
        (item(2, extended={"annualSavingsAmount": "5,332"}), "annualSavingsAmount", "amount_unreadable"),
        (item(2, extended={"annualSavingsAmount": "-1"}), "annualSavingsAmount", "amount_negative"),
        (item(2, extended={"annualSavingsAmount": "1", "savingsCurrency": "euro"}), "savingsCurrency", "currency_unknown"),
        (
            item(2, extended={"annualSavingsAmount": "1", "savingsCurrency": "EUR", "annualSavingsCurrency": "USD"}),
            "savingsCurrency",
            "currency_conflict",
        ),
        (item(2) | {"type": "microsoft.advisor/suppressions"}, "type", "not_a_recommendation"),
        (item(1), "id", "duplicate_id"),
    ],
)
def test_a_bad_item_is_rejected_alone(tmp_path: Path, bad: Any, column: str, code: str) -> None:
    got = read(tmp_path, page(item(1), bad, item(3)), limits=ReadLimits(max_cell_chars=500))
    assert [one.recommendation_id for one in got.accepted] == ["1", "3"]
    assert got.reasons == [(2, column, code)]
    assert len(got.rejected[0].value) <= 200
    assert "\0" not in got.rejected[0].value


def test_broken_json_within_an_item_costs_that_item(tmp_path: Path) -> None:
    good = [json.dumps(item(number)) for number in range(5)]
    good[2] = good[2].replace('"Medium"', "Medium?")
    got = read(tmp_path, f'{{"value": [{",".join(good)}]}}')
    assert (len(got.accepted), got.reasons) == (4, [(3, "", "item_malformed")])


def test_items_with_arrays_of_objects_do_not_confuse(tmp_path: Path) -> None:
    actions = [{"caption": f'tricky }},{{ "{number}" \\'} for number in range(40)]
    items = [{**item(number), "actions": actions} for number in range(300)]
    assert len(read(tmp_path, page(*items)).accepted) == 300


def test_one_item_may_be_larger_than_the_window(tmp_path: Path) -> None:
    big = item(1, extended={f"k{number}": "v" * 1_000 for number in range(900)})
    assert len(read(tmp_path, page(big, item(2))).accepted) == 2


def test_many_bad_items_among_many_are_each_found(tmp_path: Path) -> None:
    items = [json.dumps(item(number)) if number % 50 else '{"id": tru}' for number in range(2_000)]
    got = read(tmp_path, f"[{','.join(items[1:])}]")
    assert (len(got.accepted), len(got.rejected)) == (1_960, 39)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_encodings_are_found(tmp_path: Path, encoding: str) -> None:
    text = json.dumps([item(shortDescription={"problem": "Größe 大きい 😀"})], ensure_ascii=False)
    for content in (text.encode(encoding), gzip.compress(text.encode(encoding))):
        assert read(tmp_path, content).accepted[0].problem == "Größe 大きい 😀"


@pytest.mark.parametrize("text", ["[]", '{"value": []}', '{"data":[ ],"count":0}', " [\n] "])
def test_nothing_recommended_is_an_export_too(tmp_path: Path, text: str) -> None:
    assert (read(tmp_path, text).accepted, read(tmp_path, text).rejected) == ([], [])


def test_pages_are_one_export_and_duplicates_show(tmp_path: Path) -> None:
    (tmp_path / "1").write_text(page(item(1), item(2), nextLink="https://more"))
    (tmp_path / "2").write_text(page(item(2), item(3)))
    got = rows_of(open_exports([ExportPart(tmp_path / name, f"{name}.json") for name in "12"]))
    assert [one.recommendation_id for one in got.accepted] == ["1", "2", "3"]
    assert [(row.file_name, row.line, row.reason_code) for row in got.rejected] == [("2.json", 1, "duplicate_id")]
    assert got.notes == ["duplicates_left_out"]


def test_a_missing_page_is_noticed(tmp_path: Path) -> None:
    assert read(tmp_path, page(item(), nextLink="https://more")).notes == ["pages_missing"]
    graph = json.dumps({"data": [item()], "resultTruncated": "true"})
    assert read(tmp_path, graph).notes == ["result_truncated"]


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (
            '{"error":{"code":"AuthorizationFailed","message":"No access"}}',
            "export_is_error_answer",
            "AuthorizationFailed: No access",
        ),
        ('{"name": "x", "list": [1]}', "export_not_recommendations", "the members name, list"),
        ("{}", "export_not_recommendations", "no members"),
        ('{"value": 5}', "export_not_recommendations", "value"),
        ("[1, 2]", "export_not_recommendations", "an array of numbers"),
        ('[{"a": 1}]', "export_not_recommendations", "with a"),
        ('[{"type": "Microsoft.Advisor/metadata"}]', "export_not_recommendations", "Microsoft.Advisor/metadata"),
        ("[", "export_truncated", "cut off"),
        ('{"value": [', "export_truncated", "cut off"),
        ('{"value"', "export_truncated", "cut off"),
        ('{"val', "export_truncated", "cut off"),
        ("[" + json.dumps(item()), "export_truncated", "cut off"),
        (page(item())[:-1], "export_truncated", "cut off"),
        (page(item(), item(2))[:-40], "export_truncated", "cut off"),
        ('{"nextLink": nul', "export_truncated", "cut off"),
        (f"[{json.dumps(item())} {json.dumps(item(2))}]", "export_malformed", "expected"),
        (f"[{json.dumps(item())}] more", "export_malformed", "goes on"),
        (f"[{json.dumps(item())},]", "export_malformed", "a value was expected"),
        ('{"nextLink": nope, "value": []}', "export_malformed", "broken"),
        ('{"\\ud800": 1, "value": []}', "export_malformed", "broken"),
        ("{5: 1}", "export_malformed", "expected"),
    ],
    ids=lambda value: value[:20],
)
def test_other_json_is_refused_in_a_sentence(tmp_path: Path, text: str, code: str, words: str) -> None:
    with pytest.raises(UnreadableExportError) as caught:
        read(tmp_path, text)
    assert (caught.value.code, words in caught.value.message) == (code, True)


def test_utf16_that_is_cut_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableExportError, match="not whole"):
        read(tmp_path, json.dumps([item()]).encode("utf-16")[:-1])


def test_an_item_without_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableExportError, match="never closed"):
        read(tmp_path, '[{"id": "' + "x" * 18_000_000)


@pytest.mark.parametrize("text", ["[" * 100_000, "[" + "[" * 50_000 + "]" * 50_000 + "]"])
def test_nesting_without_end_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnreadableExportError, match="200 deep"):
        read(tmp_path, text)


def test_the_shape_survives_a_broken_first_item(tmp_path: Path) -> None:
    got = read(tmp_path, f'{{"value": [{{"id": nope}}, {json.dumps(item())}]}}')
    assert (got.export.kind, len(got.accepted), len(got.rejected)) == (ExportKind.REST_JSON, 1, 1)
