"""The tables, one noun per module; importing this package registers them all."""

from shared.database.tables.advisor_metadata import AdvisorMetadata, AdvisorMetadataLanguage
from shared.database.tables.advisor_score import AdvisorScore
from shared.database.tables.api_key import ApiKey
from shared.database.tables.audit import AuditChain, AuditEvent, AuditSeal, AuditUnsealed
from shared.database.tables.azure_connection import AzureConnection, AzureSubscription
from shared.database.tables.base import Base
from shared.database.tables.branding import BrandingRow
from shared.database.tables.client import Client
from shared.database.tables.credential_health import CredentialCheck, CredentialHealth, StoredCredential
from shared.database.tables.domain_event import DomainEvent
from shared.database.tables.finding import Finding, FindingMark
from shared.database.tables.idempotency import IdempotencyRecord
from shared.database.tables.job import Job
from shared.database.tables.kept_secret import SealedSecret, SecretUpkeep
from shared.database.tables.mail import (
    MailAttempt,
    MailDelivery,
    MailHold,
    MailRecipient,
    MailSigningKey,
    MailWelcome,
)
from shared.database.tables.recommendation import RecommendationRow
from shared.database.tables.report import Report, ReportFile
from shared.database.tables.report_comparison import ReportChange, ReportComparison, SnapshotTotals
from shared.database.tables.schedule import Schedule, ScheduleChange, ScheduleRun
from shared.database.tables.sign_in_leftovers import AuthenticatorDevice, BackupCode
from shared.database.tables.snapshot import RejectedRowRecord, Snapshot
from shared.database.tables.tenant import Tenant
from shared.database.tables.tick import Tick
from shared.database.tables.upkeep import Retention, UpkeepRun
from shared.database.tables.upload import Upload
from shared.database.tables.webhook import WebhookAttempt, WebhookDelivery, WebhookEndpoint

__all__ = [
    "AdvisorMetadata",
    "AdvisorMetadataLanguage",
    "AdvisorScore",
    "ApiKey",
    "AuditChain",
    "AuditEvent",
    "AuditSeal",
    "AuditUnsealed",
    "AuthenticatorDevice",
    "AzureConnection",
    "AzureSubscription",
    "BackupCode",
    "Base",
    "BrandingRow",
    "Client",
    "CredentialCheck",
    "CredentialHealth",
    "DomainEvent",
    "Finding",
    "FindingMark",
    "IdempotencyRecord",
    "Job",
    "MailAttempt",
    "MailDelivery",
    "MailHold",
    "MailRecipient",
    "MailSigningKey",
    "MailWelcome",
    "RecommendationRow",
    "RejectedRowRecord",
    "Report",
    "ReportChange",
    "ReportComparison",
    "ReportFile",
    "Retention",
    "Schedule",
    "ScheduleChange",
    "ScheduleRun",
    "SealedSecret",
    "SecretUpkeep",
    "Snapshot",
    "SnapshotTotals",
    "StoredCredential",
    "Tenant",
    "Tick",
    "UpkeepRun",
    "Upload",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
]
