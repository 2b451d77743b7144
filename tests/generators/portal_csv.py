"""Portal CSV exports of any size and generation.

``python -m tests.generators.portal_csv --rows 1000 --out Advisor_2025-11-18T14_38_16.311Z.csv [--generation 17] [--seed 1]``
"""

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from tests.generators.catalogue import RESOURCES
from tests.generators.estate import SCRIPTS, Estate, Finding
from tests.measuring import unmeasured

_SUBJECT = ["Recommendation", "Subscription ID", "Subscription Name", "Resource Group", "Resource Name"]
_SAVINGS = ["Potential Annual Cost Savings", "Potential Cost Savings Currency"]
_RETIREMENT = ["Retirement date", "Retiring feature"]
_CHANGES = ["Cost implications (Preview)", "Description of changes"]
_ALL = ["Category", "Business Impact", *_SUBJECT, "Type", "Updated Date", "Potential benefits", *_SAVINGS]

GENERATIONS: dict[int, list[str]] = {
    11: [*_SUBJECT, "Resource Type", "Updated Date", "Recommendation rule", *_SAVINGS, "Potential Cost Savings Percentage"],
    13: ["Business Impact", *_SUBJECT, "Type", "Updated Date", "Potential benefits", *_CHANGES, *_RETIREMENT],
    14: [*_ALL, *_RETIREMENT],
    17: [*_ALL, "Potential carbon reductions", *_CHANGES, *_RETIREMENT],
    18: [*_ALL, "Potential carbon reductions", *_CHANGES, *_RETIREMENT, "Critical risk"],
}
"""The header of each generation, by its number of columns."""

_ONLY = {11: ("Cost",), 13: ("Reliability",)}
_CATEGORY_TITLES = {"OperationalExcellence": "Operational excellence"}


def portal_rows(estate: Estate, *, generation: int = 17, currency: str = "USD") -> Iterator[list[str]]:
    """Yield the header and then the rows of an export; generations 11 and 13 hold one category each."""
    header = GENERATIONS[generation]
    yield header
    if generation in _ONLY:
        estate = Estate(estate.rows, estate.seed, estate.scripts, estate.long_names, _ONLY[generation])
    for finding in estate.findings():
        cells = _cells(finding, currency)
        yield [cells.get(name, "") for name in header]


def write_portal_csv(
    out: TextIO, estate: Estate, *, generation: int = 17, currency: str = "USD", delimiter: str = ","
) -> None:
    """Write an export as the portal does: CRLF, quotes where needed; the byte order mark is the stream's encoding."""
    csv.writer(out, delimiter=delimiter).writerows(portal_rows(estate, generation=generation, currency=currency))


@unmeasured()
def save_portal_csv(path: Path, estate: Estate, *, generation: int = 17, currency: str = "USD") -> Path:
    """Write an export to ``path`` in UTF-8 with a byte order mark and return the path."""
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        write_portal_csv(out, estate, generation=generation, currency=currency)
    return path


def _cells(finding: Finding, currency: str) -> dict[str, str]:
    entry = finding.entry
    amount = "" if finding.annual_savings is None else f"{finding.annual_savings:,}"
    friendly = RESOURCES[entry.resource].friendly
    return {
        "Category": _CATEGORY_TITLES.get(entry.category, entry.category),
        "Business Impact": entry.impact,
        "Recommendation": entry.text,
        "Recommendation rule": entry.text,
        "Subscription ID": finding.subscription.id,
        "Subscription Name": finding.subscription.name,
        "Resource Group": finding.resource_group or "No resource group",
        "Resource Name": finding.resource_name,
        "Type": friendly,
        "Resource Type": friendly,
        "Updated Date": finding.updated,
        "Potential benefits": entry.benefits or (f"{amount} {currency} savings" if amount else ""),
        "Potential Annual Cost Savings": amount,
        "Potential Cost Savings Currency": currency if amount else "",
        "Cost implications (Preview)": entry.cost_implication,
        "Retirement date": entry.retirement_date,
        "Retiring feature": entry.retiring_feature,
        "Critical risk": "Yes" if entry.retirement_date and entry.impact == "High" else "",
    }


def main() -> None:
    """Write the export that the command line asks for."""
    parser = argparse.ArgumentParser(description="Write a made-up portal export of Azure Advisor.")
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--generation", type=int, choices=sorted(GENERATIONS), default=17)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--currency", default="USD")
    parser.add_argument("--scripts", nargs="*", choices=sorted(SCRIPTS), default=[], help="names in these scripts")
    parser.add_argument("--long-names", action="store_true")
    wanted = parser.parse_args()
    estate = Estate(wanted.rows, wanted.seed, tuple(wanted.scripts), wanted.long_names)
    save_portal_csv(wanted.out, estate, generation=wanted.generation, currency=wanted.currency)


if __name__ == "__main__":
    main()
