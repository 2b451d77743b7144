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


class Health(BaseModel):
    """Whether the service can do its work."""

    status: Readiness
    checks: list[Check]


class Liveness(BaseModel):
    """The process answers."""

    status: str = Field(examples=["alive"])
