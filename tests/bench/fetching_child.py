"""``python -m tests.bench.fetching_child TENANT JOB``: do one live fetch as a worker does, and say what it took."""

import json
import sys
import time
from uuid import UUID

from shared import settings
from shared.database.tables.job import JobState
from shared.jobs import execution
from shared.services import Services
from tests.bench.measure import peak_rss_mb, timed
from worker.jobs.fetch_azure_recommendations import fetch_azure_recommendations
from worker.processes import set_modules_aside


def main(tenant_id: str, job_id: str) -> int:
    """Claim the job, do it, and print seconds (claim to commit), processor time and the peak of memory."""
    services = Services(settings.load())
    set_modules_aside()
    began = time.process_time()
    with timed() as watch:
        state = execution.execute(
            services, fetch_azure_recommendations, tenant_id=UUID(tenant_id), job_id=UUID(job_id), worker="bench"
        )
    services.close()
    print(json.dumps({"seconds": watch.seconds, "cpu_s": time.process_time() - began, "peak_rss_mb": peak_rss_mb()}))
    return 0 if state is JobState.SUCCEEDED else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
