"""``python -m tests.bench.bare_typst JOB``: nothing but the compile of a PDF, and the seconds of this process."""

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import typst


def main(job_path: str) -> None:
    """Compile what the job describes and write the file as it comes."""
    job = json.loads(Path(job_path).read_bytes())
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=job["fonts_dirs"])
    present = set(fonts.families())
    job["data"]["families"] = [family for family in job["families"] if family in present]
    files: Any = {path.name: path.read_bytes() for path in Path(job["templates_dir"]).glob("*.typ")}
    files["main.typ"] = files.pop("report.typ")
    files["setting.json"] = json.dumps(job["setting"]).encode()
    files["data.json"] = json.dumps(job["data"]).encode()
    pdf = typst.compile(
        files,
        font_paths=fonts,
        ignore_system_fonts=True,
        pdf_standards=["a-2a", "ua-1"],
        timestamp=datetime.fromtimestamp(job["created_at"], UTC),
    )
    Path(job["destination"]).write_bytes(pdf)
    print(json.dumps({"process_s": time.time() - psutil.Process().create_time()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
