"""What is known of a connection after it was tried: one value, as rows, jobs and answers have it."""

from dataclasses import asdict, dataclass
from typing import Any, Self

from shared.azure.errors import AzureAuthenticationError, AzurePermissionError
from shared.errors import AdvisorReportsError


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a connection works, and if not, why and what to do."""

    success: bool
    message: str
    subscriptions_visible: int = 0
    missing_permissions: tuple[str, ...] = ()
    error_code: str | None = None
    next_step: str = ""
    duration_ms: int = 0

    @classmethod
    def of(cls, error: AdvisorReportsError) -> Self:
        """Return what an attempt that ended with ``error`` says of the connection."""
        return cls(
            False,
            error.message,
            missing_permissions=(error.action,) if isinstance(error, AzurePermissionError) and error.action else (),
            error_code=error.reason if isinstance(error, AzureAuthenticationError) else error.code,
            next_step=error.next_step,
        )

    def stored(self) -> dict[str, Any]:
        """Return it in JSON's own types."""
        return {**asdict(self), "missing_permissions": list(self.missing_permissions)}
