"""The kinds of jobs: where each waits, how often it is tried and how long it may take."""

from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

import msgspec

from shared.queue.names import Priority, Queue


class OfConnection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a job about one Azure connection takes."""

    connection_id: UUID


class OfCredential(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a check of one credential takes."""

    credential_id: UUID
    by_hand: bool = False
    """Whether somebody waits for the answer; it is the same either way."""


class OfCredentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a check of all credentials of one type takes."""

    provider: Annotated[str, msgspec.Meta(min_length=1, max_length=50)]
    credential_type: Annotated[str, msgspec.Meta(min_length=1, max_length=50)]


class OfAllCredentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a check of all credentials takes."""

    due_only: bool = False
    """Leave out those that were checked within their interval."""


class OfUpkeep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a run of upkeep takes."""

    dry_run: bool = False
    """Count what would be removed, and remove nothing."""


@dataclass(frozen=True)
class JobKind:
    """What is the same for all jobs of one kind; ``name`` is also the Celery task's name."""

    name: str
    queue: Queue
    priority: Priority
    max_attempts: int
    soft_limit_s: int
    """When the job is asked to stop and fails with a reason."""
    hard_limit_s: int
    """When its process is ended; below the broker's visibility timeout."""
    retry_delays_s: tuple[int, ...] = ()
    """Waits before the second, third … attempt after a retryable failure; the last one repeats."""
    arguments: type[msgspec.Struct] | None = None
    """What it can be asked for with, where people may schedule it; ``None`` where only the product itself asks."""


PROCESS_CSV_FILE = JobKind(
    "process_csv_file",
    Queue.DEFAULT,
    Priority.NORMAL,
    max_attempts=3,
    soft_limit_s=1200,
    hard_limit_s=1260,
    retry_delays_s=(10, 30),
)
GENERATE_REPORT = JobKind(
    "generate_report",
    Queue.REPORTS,
    Priority.NORMAL,
    max_attempts=3,
    soft_limit_s=1200,
    hard_limit_s=1260,
    retry_delays_s=(10, 40),
)
GENERATE_AZURE_REPORT = replace(GENERATE_REPORT, name="generate_azure_report")
"""The same work for a report whose recommendations were fetched from Azure; a name of its own tells them apart in lists."""
FETCH_AZURE_RECOMMENDATIONS = JobKind(
    "fetch_azure_recommendations",
    Queue.AZURE_API,
    Priority.NORMAL,
    # The first try, and one after each of the delays.
    max_attempts=4,
    soft_limit_s=600,
    hard_limit_s=660,
    retry_delays_s=(60, 120, 180),
)
SYNC_AZURE_STATISTICS = JobKind(
    "sync_azure_statistics",
    Queue.AZURE_API,
    Priority.NORMAL,
    max_attempts=1,
    soft_limit_s=120,
    # A question that Azure is silent about is given up in between.
    hard_limit_s=180,
    arguments=OfConnection,
)
REMOVE_REPORT_FILES = JobKind(
    "remove_report_files",
    Queue.DEFAULT,
    Priority.LOW,
    max_attempts=5,
    soft_limit_s=300,
    hard_limit_s=330,
    retry_delays_s=(60, 300, 900),
)
PREVIEW_BRANDING = JobKind(
    "preview_branding",
    Queue.REPORTS,
    # Somebody waits for the page.
    Priority.HIGH,
    max_attempts=2,
    soft_limit_s=120,
    hard_limit_s=150,
    retry_delays_s=(5,),
)
TEST_AZURE_CONNECTION = JobKind(
    "test_azure_connection",
    # Somebody waits for the answer, so it does not stand in line behind fetches.
    Queue.PRIORITY,
    Priority.HIGH,
    max_attempts=2,
    soft_limit_s=30,
    hard_limit_s=40,
    # The quota of Resource Graph is whole again after five seconds.
    retry_delays_s=(6,),
    arguments=OfConnection,
)
CHECK_ALL_CREDENTIALS_HEALTH = JobKind(
    "check_all_credentials_health",
    Queue.HEALTH_CHECKS,
    Priority.NORMAL,
    max_attempts=3,
    soft_limit_s=120,
    hard_limit_s=150,
    retry_delays_s=(30, 120),
    arguments=OfAllCredentials,
)
CHECK_CREDENTIAL_HEALTH = JobKind(
    "check_credential_health",
    Queue.HEALTH_CHECKS,
    Priority.NORMAL,
    # Of workers that die and databases that are away; a credential that is refused is a result.
    max_attempts=3,
    soft_limit_s=60,
    hard_limit_s=75,
    retry_delays_s=(10, 60),
    arguments=OfCredential,
)
CHECK_CREDENTIAL_HEALTH_MANUAL = JobKind(
    "check_credential_health_manual",
    Queue.HEALTH_CHECKS,
    # Somebody waits for the answer.
    Priority.HIGH,
    max_attempts=3,
    soft_limit_s=600,
    hard_limit_s=660,
    retry_delays_s=(10, 60),
    arguments=OfCredentials,
)
ORDER_SCHEDULED_REPORTS = JobKind(
    "order_scheduled_reports",
    Queue.DEFAULT,
    Priority.NORMAL,
    max_attempts=3,
    soft_limit_s=300,
    hard_limit_s=330,
    retry_delays_s=(10, 60),
)
RUN_UPKEEP = JobKind(
    "run_upkeep",
    Queue.DEFAULT,
    Priority.BACKGROUND,
    max_attempts=3,
    soft_limit_s=3000,
    hard_limit_s=3060,
    retry_delays_s=(300, 1800),
    arguments=OfUpkeep,
)
CLEAN_MFA_DATA = JobKind(
    "clean_mfa_data",
    Queue.DEFAULT,
    Priority.BACKGROUND,
    max_attempts=3,
    soft_limit_s=300,
    hard_limit_s=330,
    retry_delays_s=(300, 1800),
    arguments=OfUpkeep,
)
DELIVER_WEBHOOK = JobKind(
    "deliver_webhook",
    Queue.DEFAULT,
    Priority.HIGH,
    # Of workers that die and databases that are away; how often a receiver is tried is a matter of the delivery.
    max_attempts=5,
    soft_limit_s=300,
    hard_limit_s=330,
    retry_delays_s=(5, 30, 120),
)
SEND_MAIL = JobKind(
    "send_mail",
    Queue.DEFAULT,
    Priority.HIGH,
    # As for webhooks: how often the relay is tried is a matter of the delivery.
    max_attempts=5,
    soft_limit_s=300,
    hard_limit_s=330,
    retry_delays_s=(5, 30, 120),
)
SEND_WELCOME_EMAIL = replace(SEND_MAIL, name="send_welcome_email")
"""The same work for a mail that each user gets once; a name of its own tells them apart in lists."""

KINDS: dict[str, JobKind] = {
    kind.name: kind
    for kind in (
        PROCESS_CSV_FILE,
        FETCH_AZURE_RECOMMENDATIONS,
        GENERATE_REPORT,
        GENERATE_AZURE_REPORT,
        SYNC_AZURE_STATISTICS,
        REMOVE_REPORT_FILES,
        PREVIEW_BRANDING,
        TEST_AZURE_CONNECTION,
        CHECK_ALL_CREDENTIALS_HEALTH,
        CHECK_CREDENTIAL_HEALTH,
        CHECK_CREDENTIAL_HEALTH_MANUAL,
        ORDER_SCHEDULED_REPORTS,
        RUN_UPKEEP,
        CLEAN_MFA_DATA,
        DELIVER_WEBHOOK,
        SEND_MAIL,
        SEND_WELCOME_EMAIL,
    )
}
