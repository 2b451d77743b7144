"""``python -m tests.bench.fetching_child TENANT JOB``: do one live fetch as a worker does, and say what it took."""

import json
import os
import sys
from uuid import UUID

from shared import settings
from shared.database.tables.job import JobState
from shared.jobs import execution
from shared.services import Services
from tests.bench.measure import children_peak_rss_mb, peak_rss_mb, timed
from worker.jobs.fetch_azure_recommendations import fetch_azure_recommendations
from worker.processes import set_modules_aside


def main(tenant_id: str, job_id: str) -> int:
    """Claim the job, do it, and print seconds (claim to commit), processor time and the peak of memory."""
    services = Services(settings.load())
    set_modules_aside()
    began = _cpu_s()
    with timed() as watch:
        state = execution.execute(
            services, fetch_azure_recommendations, tenant_id=UUID(tenant_id), job_id=UUID(job_id), worker="bench"
        )
    services.close()
    # Both processes: this one and that which makes the lines.
    memory = peak_rss_mb() + children_peak_rss_mb()
    print(json.dumps({"seconds": watch.seconds, "cpu_s": _cpu_s() - began, "peak_rss_mb": memory}))
    return 0 if state is JobState.SUCCEEDED else 1


def _cpu_s() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
