"""The header of a portal CSV: which column holds what, whichever generation, order, case or spacing it has.

Known generations: 11 columns (2019, Cost only), 14 (2025), 17 (late 2025), 18 (2026), and 13 without Category and savings
(2026, the page of one category). Names that are not known become extras under the name that the file gives them.
"""

import csv
import re
from dataclasses import dataclass

from shared.advisor.unreadable import UnknownHeaderError, shortened

# Per field the portal's own name first, then names that people give it in files of their own making.
_ALIASES: dict[str, tuple[str, ...]] = {
    "category": ("category",),
    "impact": ("businessimpact", "impact"),
    "recommendation": ("recommendation",),
    "subscription_id": ("subscriptionid",),
    "subscription_name": ("subscriptionname",),
    "resource_group": ("resourcegroup", "resourcegroupname"),
    "resource_name": ("resourcename", "affectedresource", "impactedresource"),
    "resource_type": ("type", "resourcetype"),
    "resource_id": ("resourceid",),
    "updated": ("updateddate", "lastupdated"),
    "benefits": ("potentialbenefits",),
    "savings": ("potentialannualcostsavings", "potentialannualsavings", "annualsavings", "potentialsavings"),
    "currency": ("potentialcostsavingscurrency", "savingscurrency", "currency"),
    "retirement_date": ("retirementdate",),
    "retiring_feature": ("retiringfeature",),
}
FIELDS = tuple(_ALIASES)
"""The fields that a portal CSV may have columns for."""
_DELIMITERS = (",", ";", "\t")
_SEP_LINE = re.compile(r'"?sep=(?P<delimiter>[,;\t|])"?[,;\t"]*\s*', re.IGNORECASE)
_MIN_KNOWN_COLUMNS = 3
MAX_HEADER_CHARS = 64 * 1024
"""Longest line that is looked at for a header; those of Advisor have a few hundred characters."""
_SHOWN_CHARS = 160
_MAX_NAME_CHARS = 120


@dataclass(frozen=True)
class PortalHeader:
    """What the first lines of a portal CSV say about the rest of it."""

    delimiter: str
    columns: tuple[str, ...]
    """The names as given, trimmed."""
    fields: dict[str, int]
    """Index of the column of each field that the file has."""
    extras: tuple[tuple[int, str], ...]
    """Index and name of the columns that no field is known for."""
    line: int
    """Line of the file that the header stands on, counted from 1."""

    @property
    def writes_thousands_commas(self) -> bool:
        """Whether the file is as the portal writes it, whose amounts are whole and grouped by commas."""
        return self.delimiter == "," and all(
            name in self.fields and _key(self.columns[self.fields[name]]) == _ALIASES[name][0]
            for name in ("savings", "currency")
        )

    @property
    def is_cost_only(self) -> bool:
        """Whether the file is of the generation that was exported from the Cost page alone and so lacks Category."""
        return "category" not in self.fields and any(_key(name) == "potentialcostsavingspercentage" for name in self.columns)


def read_header(lines: list[str]) -> PortalHeader:
    """Find the header in the first lines of a file, each cut at :data:`MAX_HEADER_CHARS`.

    Raises :class:`UnknownHeaderError` that shows what was there instead.
    """
    position = 0
    delimiters: tuple[str, ...] = _DELIMITERS
    while position < len(lines) and not lines[position].strip(" \t\r\n,;\ufeff"):
        position += 1
    if position < len(lines) and (match := _SEP_LINE.fullmatch(lines[position].strip("\r\n \ufeff"))):
        delimiters = (match["delimiter"], *_DELIMITERS)
        position += 1
        while position < len(lines) and not lines[position].strip():
            position += 1
    if position >= len(lines):
        raise UnknownHeaderError("The file holds no header line; expected the columns of an Advisor export.")
    candidates = [_matched(lines[position], delimiter, position + 1) for delimiter in delimiters]
    best = max(candidates, key=lambda header: len(header.fields))  # the first of equals, so sep= wins
    if "recommendation" not in best.fields or len(best.fields) < _MIN_KNOWN_COLUMNS:
        seen = shortened(lines[position].strip("\ufeff"), _SHOWN_CHARS) or "nothing"
        raise UnknownHeaderError(
            f"The first line reads “{seen}”; expected the columns of an Advisor export, such as Category, Business Impact,"
            " Recommendation, Subscription ID."
        )
    if len(lines[position]) >= MAX_HEADER_CHARS:
        raise UnknownHeaderError(
            f"The header has more than {MAX_HEADER_CHARS:,} characters; expected the columns of an Advisor export."
        )
    return best


def _matched(line: str, delimiter: str, number: int) -> PortalHeader:
    try:
        cells = next(csv.reader([line.lstrip("\ufeff")], delimiter=delimiter), [])
    except csv.Error:
        cells = []
    columns = tuple(shortened(cell, _MAX_NAME_CHARS) for cell in cells)  # names become keys in the database
    keys = [_key(name) for name in columns]
    fields: dict[str, int] = {}
    for field, aliases in _ALIASES.items():
        for alias in aliases:
            found = [index for index, key in enumerate(keys) if key == alias]
            if len(found) > 1:
                raise UnknownHeaderError(f"The header names the column {columns[found[0]]} more than once.")
            if found:
                fields[field] = found[0]
                break
    taken = set(fields.values())
    return PortalHeader(delimiter, columns, fields, _extras(columns, taken), number)


def _extras(columns: tuple[str, ...], taken: set[int]) -> tuple[tuple[int, str], ...]:
    names: dict[str, int] = {}
    extras = []
    for index, column in enumerate(columns):
        if index not in taken:
            name = column or f"column {index + 1}"
            names[name] = names.get(name, 0) + 1
            extras.append((index, name if names[name] == 1 else f"{name} ({names[name]})"))
    return tuple(extras)


def _key(name: str) -> str:
    return "".join(name.replace("\u200b", "").strip("\"'").split()).casefold()
