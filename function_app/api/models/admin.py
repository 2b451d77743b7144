"""What administrators read about the installation."""

from pydantic import BaseModel, Field

from shared.doctor.probe import State


class ProbeResult(BaseModel):
    """What one probe found."""

    name: str = Field(examples=["storage"], description="Stable, for scripts.")
    leg: str = Field(examples=["Blob storage: write, link, read"])
    state: State = Field(description="`skipped`: this installation has no such dependency.")
    duration_ms: float
    message: str = Field(examples=["container advisor-reports: written, read by link, removed"])
    next_step: str | None = Field(description="What to do; only where `state` is `failed`.")


class Examination(BaseModel):
    """What all probes found."""

    status: State = Field(description="`failed` where any probe failed, else `ok`.")
    duration_ms: float
    probes: list[ProbeResult]
