"""Cells of CSV files, so that no spreadsheet program runs what was meant as text."""

import re

# Spreadsheet programs take a cell that begins so for a formula (OWASP, "CSV Injection"); Japanese ones take full-width
# forms too.
_FORMULA_CHARS = "=+\\-@\uff1d\uff0b\uff0d\uff20"
_FORMULA_START = re.compile(rf"[\t\r\n]| *[{_FORMULA_CHARS}]")
# Where the system's list separator is not the comma, a program opens the file with that separator: quotes in the middle
# of what it then takes for a cell mean nothing, so ";=1" within a text would begin a cell of its own, and so would a line
# break. An apostrophe goes between the two, whatever blanks and quotes follow the separator.
_FORMULA_WITHIN = re.compile(rf"(?<=[;|\t\r\n])(?=[ \u00a0\"]*[{_FORMULA_CHARS}])")


def harmless(text: str) -> str:
    """Return ``text`` with a leading apostrophe where a program could take it, or a part of it, for a formula."""
    inner = _FORMULA_WITHIN.sub("'", text)
    return f"'{inner}" if _FORMULA_START.match(inner) else inner
