"""What a schedule does where a run is late, another still goes on, or it waited too long."""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec

MAX_CAUGHT_UP = 100
MAX_GRACE_S = 7 * 86_400
MAX_JITTER_S = 3600
MIN_EXPIRY_S = 60
MAX_EXPIRY_S = 30 * 86_400
# So many runs of one schedule wait for each other; who queues more has work that never ends in time.
MAX_WAITING = 10


class MisfirePolicy(StrEnum):
    """What becomes of runs that nobody started within their grace."""

    SKIP = "skip"
    """They are missed; the schedule goes on with the next."""
    RUN_ONCE = "run_once"
    """One run stands in for all of them."""
    RUN_ALL = "run_all"
    """Each is made up for, the newest up to a cap, one after the other unless they may overlap."""


class OverlapPolicy(StrEnum):
    """What becomes of a run whose predecessor is still going on."""

    SKIP = "skip"
    QUEUE = "queue"
    ALLOW = "allow"


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The policies of one schedule."""

    misfire_policy: MisfirePolicy = MisfirePolicy.RUN_ONCE
    misfire_cap: Annotated[int, msgspec.Meta(ge=1, le=MAX_CAUGHT_UP)] = 10
    misfire_grace_s: Annotated[int, msgspec.Meta(ge=0, le=MAX_GRACE_S)] = 300
    overlap_policy: OverlapPolicy = OverlapPolicy.SKIP
    expires_after_s: Annotated[int, msgspec.Meta(ge=MIN_EXPIRY_S, le=MAX_EXPIRY_S)] | None = None
    """A run that no worker began by then does not begin any more."""
    jitter_s: Annotated[int, msgspec.Meta(ge=0, le=MAX_JITTER_S)] = 0
    """Runs begin up to so many seconds after their time, each by its own, so that many schedules spread out."""

    def due_at(self, schedule_id: UUID, planned_at: datetime) -> datetime:
        """Return when the run planned for ``planned_at`` becomes due; the same whenever it is asked."""
        if not self.jitter_s:
            return planned_at
        seed = hashlib.blake2b(schedule_id.bytes + planned_at.isoformat().encode(), digest_size=8).digest()
        return planned_at + timedelta(seconds=int.from_bytes(seed) % (self.jitter_s + 1))

    def expires_at(self, due_at: datetime) -> datetime | None:
        """Return until when the run that is due at ``due_at`` may begin, ``None`` where it may for ever."""
        return None if self.expires_after_s is None else due_at + timedelta(seconds=self.expires_after_s)
