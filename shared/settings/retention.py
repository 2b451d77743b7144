"""How long what is on record is kept."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings


class RetentionSettings(BaseSettings):
    """What can be set about retention; tenants may differ where upkeep has rules of theirs."""

    job_retention_days: Annotated[int, Field(ge=1)] = Field(90, description="Finished jobs are kept this long")
    report_retention_days: Annotated[int, Field(ge=1)] | None = Field(
        None, description="Reports and their files are kept this long; default: for ever"
    )
    file_retention_days: Annotated[int, Field(ge=1)] | None = Field(
        None, description="Files are kept this long, then made again on demand; default: as long as their report"
    )
    snapshot_retention_days: Annotated[int, Field(ge=1)] | None = Field(
        None, description="Snapshots that no report needs are kept this long, a client's newest longer; default: for ever"
    )
    rejected_row_retention_days: Annotated[int, Field(ge=1)] = Field(365, description="Rejected rows are kept this long")
    schedule_run_retention_days: Annotated[int, Field(ge=1)] = Field(180, description="Runs of schedules are kept this long")
    event_retention_days: Annotated[int, Field(ge=1)] = Field(
        30, description="Events are kept this long, and as long as deliveries of them are"
    )
    delivery_retention_days: Annotated[int, Field(ge=1)] = Field(
        90, description="Deliveries that ended are kept this long, with their attempts; till then they can be replayed"
    )
    mail_retention_days: Annotated[int, Field(ge=1)] = Field(90, description="Mails that ended are kept this long")
    audit_retention_days: Annotated[int, Field(ge=1)] = Field(
        730, description="Entries of the audit log are kept this long; a tenant may differ type by type"
    )
    credential_check_retention_days: Annotated[int, Field(ge=1)] = Field(
        90, description="Checks of credentials are kept this long"
    )
    upkeep_run_retention_days: Annotated[int, Field(ge=1)] = Field(400, description="Results of upkeep are kept this long")
    unconfirmed_totp_retention_hours: Annotated[int, Field(ge=1)] = Field(
        24, description="Authenticator devices that nobody confirmed are kept this long"
    )
    used_backup_code_retention_days: Annotated[int, Field(ge=1)] = Field(
        90, description="Backup codes that were used are kept this long"
    )
