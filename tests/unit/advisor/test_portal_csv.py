"""Portal CSV files of every generation are read, and each bad row says what is wrong with it."""

import gzip
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from shared.advisor.exports import ExportKind, ReadLimits, UnreadableExportError, open_export
from shared.advisor.unreadable import ExportTooLargeError, MalformedExportError, UnknownHeaderError
from shared.advisor.vocabulary import Category, Impact
from tests.generators.estate import Estate
from tests.generators.portal_csv import GENERATIONS, save_portal_csv
from tests.unit.advisor.reading import HEADER, csv_of, read, row, rows_of


@pytest.mark.parametrize("generation", GENERATIONS)
def test_every_generation_is_read_whole(tmp_path: Path, generation: int) -> None:
    path = save_portal_csv(tmp_path / "a.csv", Estate(300), generation=generation)
    got = rows_of(open_export(path, file_name="Advisor_2025-02-01T14_38_16.311Z.csv"))
    assert (len(got.accepted), got.rejected) == (300, [])
    assert got.export.kind is ExportKind.PORTAL_CSV
    assert got.export.columns == tuple(GENERATIONS[generation])
    assert got.export.exported_at == datetime(2025, 2, 1, 14, 38, 16, 311000, UTC)
    assert got.export.progress == 1
    assert all(len(one.fingerprint) == 16 and one.problem and one.updated_at for one in got.accepted)


def test_a_row_fills_the_fields_it_has(tmp_path: Path) -> None:
    line = (
        'cost, HIGH ,"Resize, ""now""\nor later",SUB-1,Sub One (a),No resource group,vm-1,Virtual machine,'
        '2025-02-01T14:38:16Z,"5,332 USD savings","5,332",usd,2028-09-08,Old disks,12 kg'
    )
    one = read(tmp_path, csv_of(line, header=HEADER + ",Potential carbon reductions")).accepted[0]
    assert (one.category, one.category_as_given, one.impact) == (Category.COST, "cost", Impact.HIGH)
    assert one.problem == 'Resize, "now"\nor later'
    assert (one.subscription_id, one.subscription_name, one.resource_group) == ("SUB-1", "Sub One (a)", "")
    assert (one.annual_savings, one.currency) == (Decimal(5332), "USD")
    assert one.updated_at == datetime(2025, 2, 1, 14, 38, 16, tzinfo=UTC)
    assert (one.retirement_date, one.retiring_feature) == (date(2028, 9, 8), "Old disks")
    assert one.extras == {"Potential carbon reductions": "12 kg"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters_are_found(tmp_path: Path, encoding: str, delimiter: str) -> None:
    text = csv_of(row("Größe ändern"), row("Déplacer")).replace(",", delimiter)
    got = read(tmp_path, text.encode(encoding))
    assert [one.problem for one in got.accepted] == ["Größe ändern", "Déplacer"]
    assert ("encoding_cp1252" in got.notes) == (encoding == "cp1252")


@pytest.mark.parametrize("first", ["sep=,\r\n", '"sep=,"\r\n', "\ufeffsep=,\n", "\r\n\r\n", "sep=,\n\n"])
def test_lines_before_the_header_are_passed(tmp_path: Path, first: str) -> None:
    got = read(tmp_path, first + csv_of(row(), "broken"))
    assert len(got.accepted) == 1
    assert got.rejected[0].line == first.count("\n") + 3


def test_columns_are_found_in_any_order_case_and_spacing(tmp_path: Path) -> None:
    names = [name.upper().replace(" ", "  ") for name in HEADER.split(",")]
    cells = row("Resize", amount="7", currency="EUR").split(",")
    turned = read(tmp_path, ",".join(reversed(names)) + "\n" + ",".join(reversed(cells))).accepted
    straight = read(tmp_path, csv_of(row("Resize", amount="7", currency="EUR"))).accepted
    assert turned == straight


def test_home_made_headers_are_read(tmp_path: Path) -> None:
    resource = "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm9"
    header = "Impact,Recommendation,Resource ID,Potential Savings,Currency,,Note,Note"
    got = read(tmp_path, csv_of(f"Low,Resize,{resource},10,€,x,y,z", header=header))
    one = got.accepted[0]
    assert (one.subscription_id, one.resource_group, one.resource_name) == ("s1", "rg", "vm9")
    assert (one.resource_type, one.resource_id) == ("Microsoft.Compute/virtualMachines", resource)
    assert (one.annual_savings, one.currency) == (Decimal(10), "EUR")
    assert one.extras == {"column 6": "x", "Note": "y", "Note (2)": "z"}
    assert {"savings_period_assumed", "category_missing"} <= set(got.notes)


@pytest.mark.parametrize(
    ("generation", "notes"),
    [
        (11, ["category_assumed", "impact_missing"]),
        (13, ["category_missing", "savings_missing"]),
        (14, []),
        (17, []),
        (18, []),
    ],
)
def test_what_a_generation_lacks_is_noted(tmp_path: Path, generation: int, notes: list[str]) -> None:
    path = save_portal_csv(tmp_path / "a.csv", Estate(50), generation=generation)
    assert rows_of(open_export(path, file_name="a.csv")).notes == notes


def test_an_id_within_a_name_is_used_where_there_is_no_other(tmp_path: Path) -> None:
    guid = "6f4376f1-b28b-58e0-9e32-91b14077ad71"
    got = read(tmp_path, csv_of(row().replace("sub-1,Sub One", f",Sub One ({guid})")))
    assert got.accepted[0].subscription_id == guid


def test_the_owner_may_say_what_category_a_page_is(tmp_path: Path) -> None:
    text = csv_of("High,Move,s1,n,rg,r,T,,,,,,", header=",".join(GENERATIONS[13]))
    assert read(tmp_path, text, category="HighAvailability").accepted[0].category is Category.RELIABILITY
    assert read(tmp_path, text).accepted[0].category is Category.OTHER


def test_unknown_words_are_kept_as_given(tmp_path: Path) -> None:
    one = read(tmp_path, csv_of(row().replace("Cost,High", "Frugality,Extreme"))).accepted[0]
    assert (one.category, one.category_as_given) == (Category.OTHER, "Frugality")
    assert (one.impact, one.impact_as_given) == (Impact.OTHER, "Extreme")


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        ("Cost,High,Resize", "", "too_few_cells"),
        (row() + ",surplus", "", "too_many_cells"),
        (row(""), "Recommendation", "recommendation_missing"),
        (row(amount="a lot"), "Potential Annual Cost Savings", "amount_unreadable"),
        (row(amount="5.332"), "Potential Annual Cost Savings", "amount_ambiguous"),
        (row(amount="-5"), "Potential Annual Cost Savings", "amount_negative"),
        (row(amount="9" * 20), "Potential Annual Cost Savings", "amount_too_long"),
        (row(amount="€5", currency="USD"), "Potential Cost Savings Currency", "currency_conflict"),
        (row(amount="$5", currency="EUR"), "Potential Cost Savings Currency", "currency_conflict"),
        (row(amount="5", currency="doubloons"), "Potential Cost Savings Currency", "currency_unknown"),
        (row("Re\0size"), "Recommendation", "nul_character"),
        (row("x" * 600), "Recommendation", "cell_too_long"),
        (row('"Resize" it'), "", "quotes_unbalanced"),
        (row('"' + "x" * 200_000 + '"'), "", "cell_too_long"),
    ],
)
def test_a_bad_row_is_rejected_alone(tmp_path: Path, line: str, column: str, code: str) -> None:
    got = read(tmp_path, csv_of(row("before"), line, row("after")), limits=ReadLimits(max_cell_chars=500))
    assert [one.problem for one in got.accepted] == ["before", "after"]
    assert got.reasons == [(3, column, code)]
    assert len(got.rejected[0].value) <= 200
    assert "\0" not in got.rejected[0].value


@pytest.mark.parametrize(
    ("amount", "currency", "value", "kept"),
    [
        ("", "USD", None, ""),
        ("5", "", "5", ""),
        ("$5", "", "5", ""),
        ("$5", "cad", "5", "CAD"),
        ("$5", "$", "5", ""),
        ("5", "$", "5", ""),
        ("US$5", "$", "5", "USD"),
        ("€5", "", "5", "EUR"),
        ("€5", "EUR", "5", "EUR"),
    ],
)
def test_an_amount_takes_the_currency_that_is_certain(
    tmp_path: Path, amount: str, currency: str, value: str | None, kept: str
) -> None:
    one = read(tmp_path, csv_of(row(amount=amount, currency=currency))).accepted[0]
    assert (one.annual_savings, one.currency) == (None if value is None else Decimal(value), kept)


def test_the_portal_groups_thousands_by_comma(tmp_path: Path) -> None:
    assert read(tmp_path, csv_of(row(amount='"5,332"'))).accepted[0].annual_savings == 5332


def test_a_file_saved_again_elsewhere_needs_proof(tmp_path: Path) -> None:
    lines = csv_of(row(amount="5§332"), row(amount="817")).replace(",", ";").replace("§", ",")
    assert [one.reason_code for one in read(tmp_path, lines).rejected] == ["amount_ambiguous"]
    proven = lines + row(amount="12§50").replace(",", ";").replace("§", ",")
    assert [one.annual_savings for one in read(tmp_path, proven).accepted] == [
        Decimal("5.332"), Decimal(817), Decimal("12.50"),
    ]  # fmt: skip


def test_dates_need_proof_too_but_cost_no_row(tmp_path: Path) -> None:
    got = read(tmp_path, csv_of(row(updated="2/1/2025", retires="soon")))
    assert got.accepted[0].updated_at is None
    assert got.accepted[0].extras == {"Updated Date": "2/1/2025", "Retirement date": "soon"}
    assert got.notes == ["dates_unread"]
    proven = read(tmp_path, csv_of(row(updated="2/1/2025"), row(updated="25/1/2025")))
    assert proven.accepted[0].updated_at == datetime(2025, 1, 2, tzinfo=UTC)


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    got = read(tmp_path, csv_of("", row(), "," * 13, " ", "," * 20, row()))
    assert (len(got.accepted), got.rejected) == (2, [])


def test_empty_surplus_cells_do_no_harm(tmp_path: Path) -> None:
    assert len(read(tmp_path, csv_of(row() + ",,, ")).accepted) == 1


def test_a_stray_quote_loses_its_own_row_only(tmp_path: Path) -> None:
    got = read(tmp_path, csv_of(row("one"), row('"two'), row("three"), row('"four, five"')))
    assert [one.problem for one in got.accepted] == ["one", "three", "four, five"]
    assert got.reasons == [(3, "", "quotes_unbalanced")]


def test_lines_count_as_an_editor_shows_them(tmp_path: Path) -> None:
    got = read(tmp_path, csv_of(row('"a\r\nb\nc"'), "short", row()))
    assert got.rejected[0].line == 5


def test_a_quote_that_swallows_thousands_of_lines_is_given_up(tmp_path: Path) -> None:
    lines = [row('"open'), *(row(f"r{number}") for number in range(1_500))]
    got = read(tmp_path, csv_of(*lines))
    assert (len(got.accepted), len(got.rejected)) == (1_500, 1)


def test_quotes_that_never_balance_refuse_the_file(tmp_path: Path) -> None:
    with pytest.raises(MalformedExportError, match="do not balance"):
        read(tmp_path, csv_of(*['a","'] * 2_000))


def test_an_endless_line_refuses_the_file(tmp_path: Path) -> None:
    with pytest.raises(MalformedExportError, match="Line 2"):
        read(tmp_path, csv_of("x" * 4_500_000))


def test_rows_may_be_read_again(tmp_path: Path) -> None:
    export = read(tmp_path, csv_of(row(), "bad")).export
    assert list(export.rows()) == list(export.rows())


def test_gzip_is_read_as_what_is_in_it(tmp_path: Path) -> None:
    assert len(read(tmp_path, gzip.compress(csv_of(row()).encode())).accepted) == 1


@pytest.mark.parametrize(
    "header",
    [
        "Name,Size,Colour",
        "Recommendation,Size,Colour",
        "Category,Business Impact,Subscription ID,Type",
        "Category,Category,Recommendation,Type",
        '"',
        "hello",
    ],
)
def test_another_header_is_shown_and_refused(tmp_path: Path, header: str) -> None:
    with pytest.raises(UnknownHeaderError):
        read(tmp_path, csv_of("a,b,c", header=header))


def test_a_header_without_end_is_refused_not_cut(tmp_path: Path) -> None:
    columns = ",".join(["Category", "Recommendation", "Subscription ID", *(f"c{number}" for number in range(20_000))])
    with pytest.raises(UnreadableExportError, match="header has more than"):
        read(tmp_path, f"{columns}\nCost,Resize,s\n")


def test_a_file_of_separators_only_has_no_header(tmp_path: Path) -> None:
    with pytest.raises(UnreadableExportError):
        read(tmp_path, "sep=;\r\n\r\n")
    with pytest.raises(UnknownHeaderError, match="no header"):
        read(tmp_path, ",,,,\r\n;;\r\n")


def test_more_rows_than_allowed_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportTooLargeError, match="more than 2 rows") as caught:
        read(tmp_path, csv_of(row(), row(), row()), limits=ReadLimits(max_rows=2))
    assert caught.value.setting == "max_rows"
    assert "max_rows" in caught.value.next_step
