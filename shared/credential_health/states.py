"""What a check finds, and what is known of a credential."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from shared.errors import AdvisorReportsError


class HealthState(StrEnum):
    """How it stands with a credential."""

    UNCHECKED = "unchecked"
    HEALTHY = "healthy"
    EXPIRING = "expiring"
    """It works, and ends soon."""
    INVALID = "invalid"
    """It was refused."""
    INSUFFICIENT = "insufficient"
    """It is accepted, yet not allowed what it is for, or allowed more than it should be."""
    EXPIRED = "expired"
    UNREACHABLE = "unreachable"
    """Nobody could say: an outage, which speaks neither for nor against the credential."""


FAILURES = frozenset({HealthState.INVALID, HealthState.INSUFFICIENT, HealthState.EXPIRED})
"""States in which a person has to do something about the credential."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: :attr:`HealthState.HEALTHY`, one of :data:`FAILURES`, or :attr:`HealthState.UNREACHABLE`."""

    state: HealthState
    code: str
    """Stable and machine-readable."""
    message: str
    """One plain sentence, without a secret."""
    next_step: str = ""
    missing_permissions: tuple[str, ...] = ()
    excess_permissions: tuple[str, ...] = ()
    """What it may do and should not."""
    expires_at: datetime | None = None
    """When the credential ends, where whoever was asked tells."""
    knows_end: bool = True
    """Whether all who may know of an end were heard; else an earlier one that was known stays."""

    @classmethod
    def healthy(cls, message: str, *, expires_at: datetime | None = None) -> Self:
        """Return that the credential works."""
        return cls(HealthState.HEALTHY, "ok", message, expires_at=expires_at)

    @classmethod
    def unreachable(cls, code: str, message: str, next_step: str = "") -> Self:
        """Return that nothing could be found out."""
        return cls(HealthState.UNREACHABLE, code, message, next_step or _TRIED_AGAIN)

    @classmethod
    def nothing_by(cls, error: AdvisorReportsError) -> Self:
        """Return that ``error``, which is not the credential's, kept everybody from finding out."""
        return cls.unreachable(error.code, error.message, error.next_step)


_TRIED_AGAIN = "Nothing has to be done: it is tried again."
