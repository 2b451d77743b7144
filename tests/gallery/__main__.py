"""``python -m tests.gallery [--out DIR]``: make the images of the gallery anew; the same reports give the same images."""

import argparse
import tempfile
from pathlib import Path

from shared.reports import ReportType
from tests.gallery.exhibits import Exhibit
from tests.gallery.screens import beside_each_other, browser_program, screens_of
from tests.gallery.sheets import pages_of, save_small, sheet_of
from worker.reports.pdf import render_pdf

_OUT = Path("docs/gallery")

# The reports, and the pages that each image shows, from 0.
_EXECUTIVE, _COST, _SECURITY = ReportType.EXECUTIVE, ReportType.COST, ReportType.SECURITY
_SCRIPTS = ("zh", "ja", "ar", "cyrillic")
_SHEETS = (
    (Exhibit(name="executive", report_type=_EXECUTIVE), (0, 1, 2, 3)),
    (Exhibit(name="executive-forest", report_type=_EXECUTIVE, branding="forest", rows=37), (0, 1, 2, 3)),
    (Exhibit(name="cost-plum", report_type=_COST, branding="plum"), (0, 2, 3, 5)),
    (Exhibit(name="security", report_type=_SECURITY), (0, 2, 4, 8)),
    (Exhibit(name="operations-forest", report_type=ReportType.OPERATIONS, branding="forest"), (0, 2, 3, 8)),
    (Exhibit(name="detailed"), (1, 3, 4, 5, 7, 11, 14, 15)),
    (Exhibit(name="detailed-10000", rows=10_000, has_insights=False), (0, 3, 4, 9)),
    (Exhibit(name="detailed-long-names", rows=60, long_names=True, scripts=_SCRIPTS), (3, 10, 11, 12)),
    (Exhibit(name="many-clients", report_type=_EXECUTIVE, clients=18, client="Northwind Cloud"), (0, 1, 2, 3)),
    (Exhibit(name="german", report_type=_COST, language="de", rows=120), (0, 2, 4, 5)),
    (Exhibit(name="japanese", report_type=_EXECUTIVE, language="ja", rows=120), (0, 1, 2, 3)),
    (Exhibit(name="nothing-found", rows=0, has_insights=False), (0, 1)),
    (Exhibit(name="one-finding", rows=1, has_insights=False), (0, 1, 2)),
)
_HTML = Exhibit(name="html", rows=300, branding="forest")
_COLUMNS = 4
_PAGE_WIDTH = 420
_SCREEN_HEIGHT = 560


def main() -> None:
    """Render every report and save its sheet."""
    parser = argparse.ArgumentParser(prog="python -m tests.gallery", description=__doc__)
    parser.add_argument("--out", type=Path, default=_OUT, help="folder for the images")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="images to make; all where not given")
    wanted = parser.parse_args()
    wanted.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="advisor-gallery-") as folder:
        for exhibit, pages in _SHEETS:
            if wanted.only and exhibit.name not in wanted.only:
                continue
            pdf = Path(folder) / f"{exhibit.name}.pdf"
            render_pdf(exhibit.content(), pdf)
            target = wanted.out / f"{exhibit.name}.png"
            save_small(sheet_of(pages_of(pdf, pages, width=_PAGE_WIDTH), columns=_COLUMNS), target)
            print(f"{target}  {target.stat().st_size / 1024:,.0f} kB", flush=True)
        if not wanted.only or _HTML.name in wanted.only:
            _save_screens(Path(folder), wanted.out / f"{_HTML.name}.png")


def _save_screens(folder: Path, target: Path) -> None:
    """Save what a browser shows of the HTML report, in the fonts of this machine."""
    program = browser_program()
    if program is None:
        print(f"{target}  left as it is: there is no Chromium here", flush=True)
        return
    screens = screens_of(_HTML.content(), folder, program, scrolled_to=("body", "#summary", "#savings"))
    save_small(beside_each_other(screens, height=_SCREEN_HEIGHT), target)
    print(f"{target}  {target.stat().st_size / 1024:,.0f} kB", flush=True)


if __name__ == "__main__":
    main()
