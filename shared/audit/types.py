"""What is worth an entry in the audit log."""

from enum import StrEnum


class AuditType(StrEnum):
    """The kinds of entries; retention and filters go by them."""

    SIGN_IN_SUCCEEDED = "sign_in.succeeded"
    SIGN_IN_FAILED = "sign_in.failed"
    KEY_CREATED = "key.created"
    KEY_FIRST_USED = "key.first_used"
    KEY_REVOKED = "key.revoked"
    ROLE_CHANGED = "role.changed"
    TENANT_CREATED = "tenant.created"
    CREDENTIAL_CREATED = "credential.created"
    CREDENTIAL_READ = "credential.read"
    CREDENTIAL_CHANGED = "credential.changed"
    CREDENTIAL_DELETED = "credential.deleted"
    CREDENTIAL_TESTED = "credential.tested"
    CLIENT_CHANGED = "client.changed"
    FINDING_MARKED = "finding.marked"
    REPORT_ORDERED = "report.ordered"
    REPORT_CANCELLED = "report.cancelled"
    REPORT_RETRIED = "report.retried"
    REPORT_DOWNLOADED = "report.downloaded"
    REPORT_DELETED = "report.deleted"
    SCHEDULE_CHANGED = "schedule.changed"
    WEBHOOK_CHANGED = "webhook.changed"
    WEBHOOK_SENT = "webhook.sent"
    """A test or a replay that somebody asked for; what events send by themselves are deliveries."""
    MAIL_CHANGED = "mail.changed"
    """Recipients, addresses on hold, and what people unsubscribed from."""
    MAIL_SENT = "mail.sent"
    """A test, a welcome, or a mail sent again, that somebody asked for; what events send by themselves are deliveries."""
    SETTINGS_CHANGED = "settings.changed"
    AUDIT_EXPORTED = "audit.exported"
    UPKEEP_ORDERED = "upkeep.ordered"
    UPKEEP_DONE = "upkeep.done"


class Result(StrEnum):
    """How it went."""

    SUCCESS = "success"
    FAILURE = "failure"
