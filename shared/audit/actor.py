"""Who does something: as known at that moment, so that it can be told when the actor is gone."""

from dataclasses import dataclass
from uuid import UUID

MAX_NAME_CHARS = 200


@dataclass(frozen=True, slots=True)
class Actor:
    """A caller of the API, an operator at the command line, or the service itself."""

    name: str | None
    """``None`` where nobody knows who it was."""
    key_id: UUID | None = None
    """The API key; ``None`` for anybody else."""
    ip: str | None = None
    """As the platform's front end saw it."""
    user_agent: str | None = None


SERVICE = Actor("the service itself")
OPERATOR = Actor("an operator at the command line")
