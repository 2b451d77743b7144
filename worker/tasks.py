"""Celery tasks: shells around the jobs, found by the names that publishers send."""

import os
import socket
from typing import Any
from uuid import UUID

from celery import current_task

from shared.jobs import execution
from shared.jobs.kinds import (
    CHECK_ALL_CREDENTIALS_HEALTH,
    CHECK_CREDENTIAL_HEALTH,
    CHECK_CREDENTIAL_HEALTH_MANUAL,
    CLEAN_MFA_DATA,
    DELIVER_WEBHOOK,
    FETCH_AZURE_RECOMMENDATIONS,
    GENERATE_AZURE_REPORT,
    GENERATE_REPORT,
    ORDER_SCHEDULED_REPORTS,
    PREVIEW_BRANDING,
    PROCESS_CSV_FILE,
    REMOVE_REPORT_FILES,
    RUN_UPKEEP,
    SEND_MAIL,
    SEND_WELCOME_EMAIL,
    SYNC_AZURE_STATISTICS,
    TEST_AZURE_CONNECTION,
    JobKind,
)
from shared.queue.names import DEBUG_TASK
from shared.telemetry import context
from worker import processes
from worker.application import app
from worker.jobs import check_all_credentials_health as fanning_out
from worker.jobs import check_credential_health as checking
from worker.jobs import check_credential_health_manual as checking_by_hand
from worker.jobs import deliver_webhook as delivering
from worker.jobs import fetch_azure_recommendations as fetching
from worker.jobs import generate_report as generating
from worker.jobs import order_scheduled_reports as ordering
from worker.jobs import preview_branding as previewing
from worker.jobs import process_csv_file as importing
from worker.jobs import remove_report_files as removing
from worker.jobs import run_upkeep as keeping_up
from worker.jobs import send_mail as mailing
from worker.jobs import sync_azure_statistics as syncing
from worker.jobs import test_azure_connection as testing


def _of(kind: JobKind) -> dict[str, Any]:
    return {"name": kind.name, "soft_time_limit": kind.soft_limit_s, "time_limit": kind.hard_limit_s}


@app.task(**_of(PROCESS_CSV_FILE))
def process_csv_file(*, tenant_id: str, job_id: str) -> None:
    """Import an uploaded export."""
    _perform(importing.process_csv_file, tenant_id, job_id)


@app.task(**_of(FETCH_AZURE_RECOMMENDATIONS))
def fetch_azure_recommendations(*, tenant_id: str, job_id: str) -> None:
    """Read recommendations from Azure."""
    _perform(fetching.fetch_azure_recommendations, tenant_id, job_id)


@app.task(**_of(SYNC_AZURE_STATISTICS))
def sync_azure_statistics(*, tenant_id: str, job_id: str) -> None:
    """Read the statistics of an Azure connection."""
    _perform(syncing.sync_azure_statistics, tenant_id, job_id)


@app.task(**_of(GENERATE_REPORT))
def generate_report(*, tenant_id: str, job_id: str) -> None:
    """Make the files of a report."""
    _perform(generating.generate_report, tenant_id, job_id)


@app.task(**_of(GENERATE_AZURE_REPORT))
def generate_azure_report(*, tenant_id: str, job_id: str) -> None:
    """Make the files of a report on recommendations that were fetched from Azure."""
    _perform(generating.generate_report, tenant_id, job_id)


@app.task(**_of(PREVIEW_BRANDING))
def preview_branding(*, tenant_id: str, job_id: str) -> None:
    """Make a sample report in a branding."""
    _perform(previewing.preview_branding, tenant_id, job_id)


@app.task(**_of(REMOVE_REPORT_FILES))
def remove_report_files(*, tenant_id: str, job_id: str) -> None:
    """Remove files that no report owns any more."""
    _perform(removing.remove_report_files, tenant_id, job_id)


@app.task(**_of(TEST_AZURE_CONNECTION))
def test_azure_connection(*, tenant_id: str, job_id: str) -> None:
    """Test an Azure connection."""
    _perform(testing.test_azure_connection, tenant_id, job_id)


@app.task(**_of(CHECK_ALL_CREDENTIALS_HEALTH))
def check_all_credentials_health(*, tenant_id: str, job_id: str) -> None:
    """Ask for a check of every credential."""
    _perform(fanning_out.check_all_credentials_health, tenant_id, job_id)


@app.task(**_of(CHECK_CREDENTIAL_HEALTH))
def check_credential_health(*, tenant_id: str, job_id: str) -> None:
    """Check a credential."""
    _perform(checking.check_credential_health, tenant_id, job_id)


@app.task(**_of(CHECK_CREDENTIAL_HEALTH_MANUAL), ignore_result=False)
def check_credential_health_manual(
    tenant_id: str, provider: str = "", credential_type: str = "", *, job_id: str | None = None
) -> dict[str, Any] | None:
    """Check the credentials of one provider and type: as the job that was asked for, or as one that this message asks for.

    Whoever sends the task without a job gets the answer as its result.
    """

    def perform(job: object) -> None:
        _perform(checking_by_hand.check_credential_health_manual, tenant_id, str(job))

    if job_id is None:
        return checking_by_hand.answer_to(processes.services(), tenant_id, provider, credential_type, perform)
    perform(job_id)
    return None


@app.task(**_of(ORDER_SCHEDULED_REPORTS))
def order_scheduled_reports(*, tenant_id: str, job_id: str) -> None:
    """Order the reports of a scheduled run."""
    _perform(ordering.order_scheduled_reports, tenant_id, job_id)


@app.task(**_of(RUN_UPKEEP))
def run_upkeep(*, tenant_id: str, job_id: str) -> None:
    """Remove what served its time."""
    _perform(keeping_up.run_upkeep, tenant_id, job_id)


@app.task(**_of(CLEAN_MFA_DATA))
def clean_mfa_data(*, tenant_id: str, job_id: str) -> None:
    """Remove authenticator devices that nobody confirmed in time, and backup codes that were used long ago."""
    _perform(keeping_up.clean_mfa_data, tenant_id, job_id)


@app.task(**_of(DELIVER_WEBHOOK))
def deliver_webhook(*, tenant_id: str, job_id: str) -> None:
    """Send an event to an endpoint."""
    _perform(delivering.deliver_webhook, tenant_id, job_id)


@app.task(**_of(SEND_MAIL))
def send_mail(*, tenant_id: str, job_id: str) -> None:
    """Send a mail to a recipient."""
    _perform(mailing.send_mail, tenant_id, job_id)


@app.task(**_of(SEND_WELCOME_EMAIL))
def send_welcome_email(*, tenant_id: str, job_id: str) -> None:
    """Welcome a user, once."""
    _perform(mailing.send_mail, tenant_id, job_id)


@app.task(bind=True, name=DEBUG_TASK, ignore_result=False, soft_time_limit=10, time_limit=20)
def debug_task(self: Any) -> dict[str, Any]:
    """Say which worker process answers, and on which queue it was asked."""
    delivery = self.request.delivery_info or {}
    return {"worker": self.request.hostname, "pid": os.getpid(), "queue": delivery.get("routing_key")}


def _perform(work: execution.Work, tenant_id: str, job_id: str) -> None:
    with context.bound(task_id=current_task.request.id):
        execution.execute(
            processes.services(),
            work,
            tenant_id=UUID(tenant_id),
            job_id=UUID(job_id),
            worker=f"{socket.gethostname()}:{os.getpid()}",
        )
