"""Health as answered."""

from enum import StrEnum

from pydantic import BaseModel, Field


class State(StrEnum):
    """How one dependency answered."""

    UP = "up"
    DOWN = "down"


class Readiness(StrEnum):
    """Whether requests can be served: ``degraded`` is still yes."""

    READY = "ready"
    DEGRADED = "degraded"
    UNAVAILABLE = "unavailable"


class Check(BaseModel):
    """One dependency."""

    name: str = Field(examples=["database"])
    state: State
    duration_ms: float | None = Field(None, description="Only for callers with an API key.")
    detail: str | None = Field(None, description="Only for callers with an API key.")


class TokenState(BaseModel):
    """How it stands with the token by which the service signs in somewhere."""

    scope: str = Field(examples=["https://ossrdbms-aad.database.windows.net/.default"])
    age_s: float = Field(description="Since it was fetched, in seconds.")
    expires_in_s: float = Field(description="Until it is over, in seconds; 0 once it is.")
    refreshes: int = Field(description="How often a token was fetched.")
    refresh_failures: int = Field(description="How often none was to be had.")
    new_connections_succeed: bool = Field(
        description="Whether a connection made now would be let in: by this token, or by one that can be fetched."
    )


class Health(BaseModel):
    """Whether the service can do its work."""

    status: Readiness
    checks: list[Check]
    tokens: list[TokenState] | None = Field(None, description="Only for callers with an API key.")


class Liveness(BaseModel):
    """The process answers."""

    status: str = Field(examples=["alive"])
