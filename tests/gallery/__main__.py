"""``python -m tests.gallery [--out DIR]``: make the images of the gallery anew; the same reports give the same images."""

import argparse
import tempfile
from pathlib import Path

from shared.reports import ReportType
from tests.gallery.exhibits import Exhibit
from tests.gallery.sheets import pages_of, save_small, sheet_of
from worker.reports.pdf import render_pdf

_OUT = Path("docs/gallery")

# Name of the image, the report, and the pages that it shows, from 0.
_SHEETS = (
    ("executive", Exhibit(name="executive", report_type=ReportType.EXECUTIVE), (0, 1, 2, 3)),
    (
        "executive-forest",
        Exhibit(name="executive", report_type=ReportType.EXECUTIVE, branding="forest", rows=37),
        (0, 1, 2, 3),
    ),
    ("cost-plum", Exhibit(name="cost", report_type=ReportType.COST, branding="plum"), (0, 2, 4, 5)),
    ("security", Exhibit(name="security", report_type=ReportType.SECURITY), (0, 2, 4, 6)),
    ("operations-forest", Exhibit(name="operations", report_type=ReportType.OPERATIONS, branding="forest"), (0, 2, 4, 6)),
    ("detailed", Exhibit(name="detailed"), (1, 3, 4, 5, 7, 14, 15, 59)),
    ("detailed-10000", Exhibit(name="detailed", rows=10_000, has_insights=False), (0, 3, 4, 9)),
    (
        "detailed-long-names",
        Exhibit(name="long", rows=60, long_names=True, scripts=("zh", "ja", "ar", "cyrillic")),
        (3, 10, 11, 12),
    ),
    (
        "many-clients",
        Exhibit(name="clients", report_type=ReportType.EXECUTIVE, clients=18, client="Northwind Cloud"),
        (0, 1, 2, 3),
    ),
    ("german", Exhibit(name="german", report_type=ReportType.COST, language="de", rows=120), (0, 2, 4, 5)),
    ("japanese", Exhibit(name="japanese", report_type=ReportType.EXECUTIVE, language="ja", rows=120), (0, 1, 2, 3)),
    ("nothing-found", Exhibit(name="nothing", rows=0, has_insights=False), (0, 2, 3)),
    ("one-finding", Exhibit(name="one", rows=1), (0, 2, 3, 4)),
)
_COLUMNS = 4
_PAGE_WIDTH = 300


def main() -> None:
    """Render every report and save its sheet."""
    parser = argparse.ArgumentParser(prog="python -m tests.gallery", description=__doc__)
    parser.add_argument("--out", type=Path, default=_OUT, help="folder for the images")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="images to make; all where not given")
    wanted = parser.parse_args()
    wanted.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="advisor-gallery-") as folder:
        for name, exhibit, pages in _SHEETS:
            if wanted.only and name not in wanted.only:
                continue
            pdf = Path(folder) / f"{name}.pdf"
            render_pdf(exhibit.content(), pdf)
            target = wanted.out / f"{name}.png"
            save_small(sheet_of(pages_of(pdf, pages, width=_PAGE_WIDTH), columns=_COLUMNS), target)
            print(f"{target}  {target.stat().st_size / 1024:,.0f} kB", flush=True)


if __name__ == "__main__":
    main()
