"""The last sheet: how to read the others, and how the numbers were made."""

from shared.language.marking import marked
from worker.reports.charts.shapes import columns_of
from worker.reports.document import ReportContent
from worker.reports.workbook.cells import write_value
from worker.reports.workbook.row_sheet import MAX_SHEET_ROWS, Book

_TEXT_COLUMNS = 115

_HOW_TO_ADD_UP = marked(
    "Counted amounts make up the sums. An alternative overlaps with a counted offer and stands in no sum: filter for "
    "Counted, and for one currency, before you add amounts up."
)
_SHEETS = (
    (
        marked("Recommendations"),
        marked(
            "One row for each recommendation and resource, the most important first: by impact, then by savings. Use the "
            "filters in the header."
        ),
    ),
    (marked("Resources"), marked("One row for each affected resource, with the number of its recommendations.")),
    (
        marked("Savings"),
        marked(
            "Every amount that Advisor names, whether it counts, and why it does not; what counts comes first, the largest "
            "amount on top."
        ),
    ),
    (marked("Changes"), marked("What is new, resolved or changed since the earlier data that the report names.")),
)
_FULL_SHEETS = marked(
    "Excel holds {number} rows a sheet: more continue on further sheets of the same name with a number. Texts longer than a "
    "cell can hold are cut and marked, links beyond Excel's limit are left out; the CSV and JSON files hold all of it."
)


def write_guide(book: Book, content: ReportContent) -> None:
    """Write the sheet."""
    language, formats = book.language, book.formats
    sheet = book.add_sheet(language.gettext("How to read"))
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, _TEXT_COLUMNS)
    sheet.set_row(0, 30)
    write_value(sheet, 0, 0, language.gettext("How to read this workbook"), formats.title)
    lines = [
        *((language.gettext(name), language.gettext(words)) for name, words in _SHEETS),
        (language.gettext("Savings status"), language.gettext(_HOW_TO_ADD_UP)),
        (language.gettext("Rejected rows"), content.rejected_note),
        (language.gettext("Limits of Excel"), language.gettext(_FULL_SHEETS, number=language.number(MAX_SHEET_ROWS))),
    ]
    for paragraph in content.method:
        first, *others = paragraph.lines
        lines += [(paragraph.label, first), *(("", line) for line in others)]
    for row, (name, words) in enumerate(lines, start=2):
        is_last_of_its_name = row - 1 == len(lines) or bool(lines[row - 1][0])
        # Not every program makes a row as high as its wrapped text.
        lines_of_text = -(-columns_of(words) // _TEXT_COLUMNS)
        sheet.set_row(row, 14 * lines_of_text + (6 if is_last_of_its_name else 1))
        write_value(sheet, row, 0, name, formats.label)
        write_value(sheet, row, 1, words, formats.wrapped)
