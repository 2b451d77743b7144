"""Cells of the Excel workbook: each is written by its type, so no text is ever interpreted."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from shared.branding.branding import Palette
from shared.language.numbers import currency_digits
from worker.reports.columns import Kind, Value, text_of
from worker.reports.errors import RenderingError

MAX_CELL_CHARS = 32_767
"""Excel's limit for the text of a cell, in UTF-16 units."""

SHORTENED_MARK = " … [shortened]"

_FIRST_EXCEL_YEAR = 1900
# What a double, which is all that Excel has, can hold without losing a digit.
_MAX_DIGITS = 15


class Formats:
    """The cell formats of one workbook, in the colours of its report."""

    def __init__(self, workbook: Any, palette: Palette) -> None:
        self._workbook = workbook
        self._base = {"font_name": "Calibri", "font_size": 10, "valign": "top"}
        on_cover = {
            "bold": True,
            "font_color": "#FFFFFF",
            "bg_color": palette.primary,
            "valign": "vcenter",
            "text_wrap": True,
        }
        line = {"top": 1, "top_color": "#1B2733", "bold": True}
        self.text = self._add()
        self.wrapped = self._add(text_wrap=True)
        self.label = self._add(bold=True)
        self.strong = self._add(bold=True, align="right")
        self.wrapped_right = self._add(text_wrap=True, align="right")
        self.header = self._add(**on_cover)
        self.header_right = self._add(**on_cover, align="right")
        self.title = self._add(bold=True, font_size=20, font_color=palette.primary)
        self.heading = self._add(bold=True, font_size=13, font_color=palette.accent)
        self.muted = self._add(font_color="#586674")
        self.muted_wrapped = self._add(font_color="#586674", text_wrap=True)
        self.muted_after = self._add(font_color="#586674", align="left", indent=1)
        self.bold = self._add(**line)
        self.count = self._add(num_format="#,##0")
        self.count_bold = self._add(**line, num_format="#,##0")
        self.link = self._add(font_color=palette.accent, underline=1)
        self.of_kind = {
            Kind.TEXT: self.text,
            Kind.AMOUNT: self._add(num_format="#,##0.00"),
            Kind.NUMBER: self.count,
            Kind.MOMENT: self._add(num_format="yyyy-mm-dd hh:mm", align="left"),
            Kind.DATE: self._add(num_format="yyyy-mm-dd", align="left"),
        }
        self._of_currency: dict[tuple[str, bool, bool], Any] = {}

    def amount(self, currency: str, *, is_total: bool = False, names_currency: bool = False) -> Any:
        """Return the format of an amount in a currency, with as many decimal places as the currency has.

        ``names_currency`` shows the code beside the number, for lists that have no column for it.
        """
        key = (currency, is_total, names_currency)
        if key not in self._of_currency:
            places = currency_digits(currency)
            number = f"#,##0.{'0' * places}" if places else "#,##0"
            if names_currency and currency.isalnum():
                number += f'" {currency}"'
            line = {"top": 1, "top_color": "#1B2733", "bold": True} if is_total else {}
            self._of_currency[key] = self._add(num_format=number, **line)
        return self._of_currency[key]

    def _add(self, **properties: object) -> Any:
        return self._workbook.add_format({**self._base, **properties})


def cell_text(text: str) -> str:
    """Return a text as an Excel cell can hold it; what is longer is cut and marked."""
    clean = text_of(text)
    if len(clean) <= MAX_CELL_CHARS // 2:
        return clean
    units = clean.encode("utf-16-le")
    if len(units) <= 2 * MAX_CELL_CHARS:
        return clean
    room = MAX_CELL_CHARS - len(SHORTENED_MARK)
    return units[: 2 * room].decode("utf-16-le", "ignore") + SHORTENED_MARK


def write_value(sheet: Any, row: int, column: int, value: Value, cell_format: Any) -> None:
    """Write one cell by the type of its value; nothing for an empty one."""
    match value:
        case None | "":
            return
        case str():
            check(sheet.write_string(row, column, cell_text(value), cell_format))
        case Decimal() if len(value.as_tuple().digits) > _MAX_DIGITS:
            # As a number it would lose digits without a word.
            check(sheet.write_string(row, column, f"{value:f}", cell_format))
        case Decimal() | int():
            check(sheet.write_number(row, column, float(value), cell_format))
        case datetime() | date():
            if value.year < _FIRST_EXCEL_YEAR:
                check(sheet.write_string(row, column, value.isoformat(), cell_format))
            else:
                check(sheet.write_datetime(row, column, value, cell_format))


def check(result: int | None) -> None:
    """Raise :class:`RenderingError` for a cell that xlsxwriter drops, which it only says by its result."""
    if result not in {0, None}:
        raise RenderingError(
            f"The Excel file could not be made: a cell was refused (code {result}).",
            next_step="Order the CSV file, and report this sentence to whoever runs this installation.",
        )
