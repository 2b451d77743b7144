"""Rows of a portal CSV as recommendations."""

import re
from datetime import datetime
from decimal import Decimal

from shared.advisor.amounts import SHARED_SIGNS, Amount, NumberStyle, UnreadableAmountError, currency_of, parse_amount
from shared.advisor.csv_records import Record
from shared.advisor.dates import DateOrder, parse_datetime
from shared.advisor.fingerprint import csv_fingerprint
from shared.advisor.limits import ReadLimits
from shared.advisor.normalising import Remembered
from shared.advisor.portal_header import FIELDS, PortalHeader
from shared.advisor.recommendation import Recommendation, RejectedRow
from shared.advisor.rejection import RowProblemError
from shared.advisor.resource_ids import NOTHING, parse_resource_id
from shared.advisor.vocabulary import Category, category_of, impact_of

_NO_RESOURCE_GROUP = "no resource group"
# "Contoso Production (6f4376f1-…)": some exports put name and id into one column.
_ID_IN_NAME = re.compile(r"\(([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\)\s*$")


class PortalRows:
    """Turns the records of one portal CSV into recommendations or rejected rows.

    ``number_style`` and ``date_order`` are what the file as a whole shows, ``category`` is what a file without that column
    is about. Counts dates that it had to leave as text in ``unread_dates``.
    """

    def __init__(
        self,
        header: PortalHeader,
        limits: ReadLimits,
        *,
        number_style: NumberStyle,
        date_order: DateOrder,
        category: str,
        check_nul: bool,
    ) -> None:
        self.unread_dates = 0
        self._header = header
        self._width = len(header.columns)
        self._max_cell_chars = limits.max_cell_chars
        self._check_nul = check_nul
        self._default_category = category
        # A field that the file lacks is read from the empty cell that is put behind every row.
        self._index = {name: header.fields.get(name, -1) for name in FIELDS}
        self._categories = Remembered(category_of)
        self._impacts = Remembered(impact_of)
        self._currencies = Remembered(currency_of)
        self._amounts: Remembered[Amount | UnreadableAmountError] = Remembered(lambda text: _amount(text, number_style))
        self._moments: Remembered[datetime | None] = Remembered(lambda text: parse_datetime(text, date_order))

    def convert(self, record: Record) -> Recommendation | RejectedRow | None:
        """Return what the record is; ``None`` for one of blank cells only, which spreadsheets leave at the end."""
        try:
            cells = record.cells
            if record.broken or len(cells) != self._width or record.chars > self._max_cell_chars or self._check_nul:
                checked = self._checked(record)
                if checked is None:
                    return None
                cells = checked
            return self._recommendation([*map(str.strip, cells), ""])
        except RowProblemError as problem:
            return problem.rejected(record.line)

    def _checked(self, record: Record) -> list[str] | None:
        """Return the cells of a record that looks unusual, if it is sound after all."""
        cells = record.cells
        if record.broken:
            if "field larger" in record.broken:
                raise self._too_long("", cells[0])
            reason = f"The quotes of the row do not balance: {record.broken}."
            raise RowProblemError("", cells[0], "quotes_unbalanced", reason)
        if not any(map(str.strip, cells)):
            return None
        for index, cell in enumerate(cells):
            column = self._header.columns[index] if index < self._width else ""
            if len(cell) > self._max_cell_chars:
                raise self._too_long(column, cell)
            if "\0" in cell:
                raise RowProblemError(column, cell, "nul_character", "The cell holds a NUL character, which no text has.")
        surplus = cells[self._width :]
        if len(cells) < self._width or any(map(str.strip, surplus)):
            code = "too_few_cells" if len(cells) < self._width else "too_many_cells"
            lines = f" on {record.line_count} lines" if record.line_count > 1 else ""
            raise RowProblemError(
                "",
                self._header.delimiter.join(cells),
                code,
                f"The row has {len(cells)} cells{lines}; the header has {self._width} columns.",
            )
        return cells[: self._width]

    def _too_long(self, column: str, cell: str) -> RowProblemError:
        return RowProblemError(
            column, cell, "cell_too_long", f"The cell has more than {self._max_cell_chars:,} characters (max_cell_chars)."
        )

    def _recommendation(self, cells: list[str]) -> Recommendation | None:
        at = self._index
        text = cells[at["recommendation"]]
        if not text:
            if not any(cells):
                return None
            raise RowProblemError(
                self._column("recommendation"), "", "recommendation_missing", "The row names no recommendation."
            )
        annual_savings, currency = self._money(cells)
        given_category = cells[at["category"]]
        category = self._categories[given_category or self._default_category]
        impact = cells[at["impact"]]
        resource_id = cells[at["resource_id"]]
        parsed = parse_resource_id(resource_id) if resource_id else NOTHING
        subscription_name = cells[at["subscription_name"]]
        subscription_id = cells[at["subscription_id"]] or parsed.subscription_id or _id_in_name(subscription_name)
        resource_group = cells[at["resource_group"]] or parsed.resource_group
        if resource_group.lower() == _NO_RESOURCE_GROUP:
            resource_group = ""
        resource_name = cells[at["resource_name"]] or parsed.name
        resource_type = cells[at["resource_type"]] or parsed.resource_type
        extras = {name: cells[index] for index, name in self._header.extras if cells[index]}
        updated = cells[at["updated"]]
        updated_at = self._moment(updated, "updated", extras) if updated else None
        retirement = cells[at["retirement_date"]]
        retires_at = self._moment(retirement, "retirement_date", extras) if retirement else None
        return Recommendation(
            category=category,
            category_as_given=given_category,
            impact=self._impacts[impact],
            impact_as_given=impact,
            problem=text,
            fingerprint=csv_fingerprint(
                category=category,
                text=text if text.isprintable() and "  " not in text else " ".join(text.split()),
                subscription_id=subscription_id,
                resource_group=resource_group,
                resource_name=resource_name,
                resource_type=resource_type,
            ),
            potential_benefits=cells[at["benefits"]],
            subscription_id=subscription_id,
            subscription_name=subscription_name,
            resource_group=resource_group,
            resource_name=resource_name,
            resource_type=resource_type,
            resource_id=resource_id,
            annual_savings=annual_savings,
            currency=currency,
            updated_at=updated_at,
            retirement_date=None if retires_at is None else retires_at.date(),
            retiring_feature=cells[at["retiring_feature"]],
            extras=extras,
        )

    def _money(self, cells: list[str]) -> tuple[Decimal | None, str]:
        """Return the amount a year and its currency; ``None`` and ``""`` where Advisor estimated nothing."""
        text = cells[self._index["savings"]]
        if not text:
            return None, ""
        amount = self._amounts[text]
        if isinstance(amount, UnreadableAmountError):
            raise RowProblemError(self._column("savings"), text, amount.code, amount.reason)
        if amount.value < 0:
            raise RowProblemError(self._column("savings"), text, "amount_negative", "The saving is below zero.")
        given = cells[self._index["currency"]]
        named = self._currencies[given] if given else ""
        if named is None:
            raise RowProblemError(
                self._column("currency"), given, "currency_unknown", "The currency is neither a code such as EUR nor a sign."
            )
        currency = _agreed(named, amount.currency)
        if currency is None:
            reason = f"The amount is in {amount.currency}, the currency column says {given}."
            raise RowProblemError(self._column("currency"), given, "currency_conflict", reason)
        return amount.value, currency

    def _moment(self, text: str, field: str, extras: dict[str, str]) -> datetime | None:
        moment = self._moments[text]
        if moment is None:
            extras[self._column(field)] = text
            self.unread_dates += 1
        return moment

    def _column(self, field: str) -> str:
        return self._header.columns[self._header.fields[field]]


def _amount(text: str, style: NumberStyle) -> Amount | UnreadableAmountError:
    try:
        return parse_amount(text, style)
    except UnreadableAmountError as error:
        return error


def _agreed(named: str, written: str) -> str | None:
    """Return the currency that the column names and the amount has beside it; ``None`` where they contradict each other.

    A sign that several currencies share agrees with each of them, and alone says nothing for certain: ``""``.
    """
    if named == written or not named or not written:
        currency = named or written
    elif named in SHARED_SIGNS.get(written, ()):
        currency = named
    elif written in SHARED_SIGNS.get(named, ()):
        currency = written
    else:
        return None
    return "" if currency in SHARED_SIGNS else currency


def _id_in_name(subscription_name: str) -> str:
    match = _ID_IN_NAME.search(subscription_name)
    return match[1] if match else ""


def default_category(header: PortalHeader, hint: str | None) -> str:
    """Return the category of a file without that column: what its owner says, else Cost for the Cost generation, else ""."""
    if "category" in header.fields:
        return ""
    return hint or (Category.COST.value if header.is_cost_only else "")
