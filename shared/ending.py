"""How a process ends that must not run."""

from sqlalchemy.exc import DBAPIError

from shared import exit_codes
from shared.database import schema
from shared.errors import AdvisorReportsError

# libpq gives no code for a connection that was refused, only the server's words.
_REFUSALS = (
    *(
        "password authentication failed",
        "no pg_hba.conf entry",
        "is not permitted to log in",
        "permission denied for database",
    ),
    *('" does not exist', "certificate verify failed", "does not match host name"),
)


def exit_code_of(error: BaseException | None) -> int:
    """Return the code with which a process ends that must not run because of ``error``; see docs/operations.md."""
    if isinstance(error, schema.SchemaOutdatedError):
        return exit_codes.SCHEMA_OUTDATED
    if isinstance(error, AdvisorReportsError):
        return exit_codes.UNAVAILABLE if error.retryable else exit_codes.CONFIGURATION
    if isinstance(error, DBAPIError) and any(refusal in str(error.orig) for refusal in _REFUSALS):
        return exit_codes.CONFIGURATION
    return exit_codes.UNAVAILABLE
