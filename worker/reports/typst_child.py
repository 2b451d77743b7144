"""The child process that makes one PDF: it reads a job as JSON from standard input and answers on standard output.

Typst cannot be interrupted from Python and keeps its memory, so each report has a process of its own that its parent may
kill. It is run as a file, not as a module, so that it starts without importing the worker: 0.1 s rather than 0.3.
"""

import base64
import json
import re
import resource
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typst

# Last of all places: beside this file lie modules with names of Python's own.
sys.path.append(str(Path(__file__).parents[2]))

from shared.child_process import end_with
from worker.reports.object_streams import UnexpectedLayoutError, pack

_MISSING_GLYPH = "could not be displayed with"
_MISSING_CODEPOINT = "missing codepoints"

# Arabic and Indic letters take another shape beside others. In the text of an SVG image Typst then loses which letter it
# was, and such a PDF conforms to nothing: charts with such names become pictures, told by their alternative text as all are.
_SHAPED = re.compile("[\u0600-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u17ff\ufb50-\ufdff\ufe70-\ufeff]")
_PICTURE_PPI = 300
_PICTURE_PAGE = b'#set page(width: auto, height: auto, margin: 0pt, fill: none)\n#image("chart.svg")'


def main() -> int:
    """Make the PDF that standard input describes; answer ``{"missing_glyph": …, "not_archival": …}`` or ``{"error": …}``."""
    end_with(int(sys.argv[1]))
    job = json.load(sys.stdin)
    _limit_this_process(job["timeout_s"], job["max_memory_bytes"])
    try:
        answer = make_pdf(job)
    except typst.TypstError as error:
        answer = {"error": str(error.message)}
    json.dump(answer, sys.stdout)
    return 0


def make_pdf(job: dict[str, Any]) -> dict[str, Any]:
    """Write the PDF to ``job["destination"]``; return why it does not conform to PDF/UA-1 or PDF/A-2a, "" where it does."""
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=job["fonts_dirs"])
    present = set(fonts.families())
    data = job["data"]
    data["families"] = [family for family in job["families"] if family in present]
    _draw_shaped(data, fonts)
    files = {path.name: path.read_bytes() for path in Path(job["templates_dir"]).glob("*.typ")}
    main_file = files.pop("report.typ")
    logo = {name: svg.encode() for name, svg in job.get("logo", {}).items()}
    compiler_input: Any = {
        "main.typ": main_file,
        **files,
        **logo,
        "setting.json": json.dumps(job["setting"]).encode(),
        "data.json": json.dumps(data).encode(),
    }
    created_at = datetime.fromtimestamp(job["created_at"], UTC)
    missing = not_archival = ""
    try:
        pdf = _compile(compiler_input, fonts, created_at, ["a-2a", "ua-1"])
    except typst.TypstError as error:
        if _MISSING_GLYPH in str(error.message) or _MISSING_CODEPOINT in str(error.message):
            missing = str(error.message)
            pdf = _compile(compiler_input, fonts, created_at, [])
        else:
            # PDF/A is the stricter of the two: characters for private use, for one, may be shown but not be kept.
            not_archival = str(error.message)
            pdf = _compile(compiler_input, fonts, created_at, ["ua-1"])
    Path(job["destination"]).write_bytes(_packed(pdf))
    return {"missing_glyph": missing, "not_archival": not_archival}


def _draw_shaped(data: Any, fonts: typst.Fonts) -> None:
    """Put pictures in the place of the charts in ``data`` that hold shaped letters."""
    waiting = [data]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, dict):
            waiting.extend(item.values())
            if isinstance(item.get("svg"), str) and _SHAPED.search(item["svg"]):
                item["svg"] = _picture(item["svg"], fonts)


def _picture(svg: str, fonts: typst.Fonts) -> str:
    """Return ``svg`` as a picture in an SVG image of the same size: Typst takes no files from memory but texts."""
    page: Any = {"main.typ": _PICTURE_PAGE, "chart.svg": svg.encode()}
    png: Any = typst.compile(page, font_paths=fonts, ignore_system_fonts=True, format="png", ppi=_PICTURE_PPI)
    head = svg[: svg.index(">") + 1]
    width, height = (re.search(rf' {side}="([\d.]+)"', head) for side in ("width", "height"))
    size = f'width="{width[1]}" height="{height[1]}"' if width and height else 'width="100%" height="100%"'
    return f'{head}<image {size} href="data:image/png;base64,{base64.b64encode(png).decode()}"/></svg>'


def _compile(files: Any, fonts: typst.Fonts, created_at: datetime, standards: Any) -> bytes:
    return typst.compile(files, font_paths=fonts, ignore_system_fonts=True, pdf_standards=standards, timestamp=created_at)


def _packed(pdf: bytes) -> bytes:
    """Return ``pdf`` in a seventh of its bytes, or as it is where Typst laid it out in a way of its own."""
    try:
        return pack(pdf)
    except UnexpectedLayoutError:
        return pdf


def _limit_this_process(timeout_s: float, max_memory_bytes: int) -> None:
    # The parent kills a child that takes too long; the alarm is for a parent that hangs. Its default action ends the
    # process even inside Typst, where no Python handler would run.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, timeout_s + 5)
    resource.setrlimit(resource.RLIMIT_AS, (max_memory_bytes, max_memory_bytes))


if __name__ == "__main__":
    sys.exit(main())
