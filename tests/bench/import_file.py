"""From a CSV file in Blob storage to committed rows, by the very job that workers do, in a process of its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from shared.database.tables import RecommendationRow
from shared.reports import ReportFormat
from tests.bench import ground
from tests.bench.children import run_child
from tests.bench.ground import Ground
from tests.bench.measure import Contender, Finding, Options, interleave
from tests.generators.estate import Estate
from tests.generators.portal_csv import save_portal_csv
from tests.integration.jobs.orders import order

_NAME = "Advisor_2025-11-18T14_38_16.311Z.csv"


def measure(options: Options) -> Iterator[Finding]:
    """Yield the rate of a usual large export and the memory of a very large one."""
    usual, large = options.size(100_000, quick=10_000), options.size(1_000_000, quick=50_000)
    with ground.prepared() as here:
        export = save_portal_csv(here.folder / _NAME, Estate(rows=usual))
        importing = Contender("import", lambda: float(_import(here, export, usual)["seconds"]))
        interleave([importing], options.rounds_or(5))
        yield Finding(
            f"CSV of {usual:,} rows to committed rows",
            usual / importing.median,
            "rows/s",
            20_000,
            note=f"s: {importing.spread}",
        )
        save_portal_csv(export, Estate(rows=large))
        size = export.stat().st_size
        done = _import(here, export, large)
        note = f"{size / 2**20:,.0f} MB file; the importing process alone"
        yield Finding(f"peak RSS, CSV of {large:,} rows", done["peak_rss_mb"], "MB", 300, at_most=True, note=note)
        yield Finding(f"CSV of {large:,} rows to committed rows", large / done["seconds"], "rows/s")


def _import(here: Ground, export: Path, rows: int) -> dict[str, Any]:
    here.forget_imports()
    ordered = order(here.services, here.tenant_id, export.read_bytes(), formats=(ReportFormat.CSV,), file_name=_NAME)
    here.settle()
    limit = {"MAX_UPLOAD_BYTES": str(max(200 * 2**20, export.stat().st_size))}
    done = run_child(
        "tests.bench.importing_child", str(here.tenant_id), str(ordered.job_id), environment={**here.environment, **limit}
    )
    with here.services.database.tenant(here.tenant_id) as session:
        found = session.scalars(select(func.count()).select_from(RecommendationRow)).one()
    if found != rows:
        raise AssertionError(f"{found:,} of {rows:,} rows were imported")
    return done
