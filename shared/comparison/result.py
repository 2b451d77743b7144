"""The result of a comparison as a value: sums for the reader, and the most important changes one by one."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import msgspec

from shared.advisor.vocabulary import Category, Impact

MAX_LISTED_CHANGES = 200
"""Of each kind; all of them are in the API's lists."""


class ChangeKind(StrEnum):
    """What became of a finding since the earlier snapshot."""

    NEW = "new"
    RETURNED = "returned"
    """Not in the earlier snapshot, but in one before it."""
    RESOLVED = "resolved"
    """In the earlier snapshot and no longer there."""
    CHANGED = "changed"
    """Still there, with another impact, amount or text."""
    POSTPONED = "postponed"
    """Still there, and postponed since."""
    DISMISSED = "dismissed"
    """Still there, and dismissed since."""


class MatchedBy(StrEnum):
    """How findings of the two snapshots were recognised as the same."""

    FINGERPRINT = "fingerprint"
    """Both are of one kind of source: offer by offer."""
    CROSS_SOURCE = "cross_source"
    """One is from the API and one from the portal: by category, text and resource, so that the several terms and
    look-backs of one reservation, which the portal shows as one row, are one finding."""


class SnapshotFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a comparison."""

    snapshot_id: UUID | None
    taken_at: datetime | None
    taken_at_is_exact: bool
    source_format: str
    findings: int
    """How many distinct findings, within the report's scope, it holds."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One finding that is not as it was."""

    kind: ChangeKind
    fingerprint: bytes
    category: Category
    impact: Impact
    problem: str
    resource_name: str
    resource_type: str
    resource_id: str
    subscription_id: str
    subscription_name: str
    annual_savings: Decimal | None
    currency: str
    impact_before: Impact | None = None
    annual_savings_before: Decimal | None = None
    currency_before: str = ""
    problem_before: str = ""
    changed: tuple[str, ...] = ()
    """Of a finding that is still there: ``impact``, ``savings``, ``text``, whichever changed."""
    first_seen_at: datetime | None = None


class SavingsBridge(msgspec.Struct, frozen=True, kw_only=True):
    """How the achievable total of one currency came from the earlier to this one; the six amounts add up."""

    currency: str
    before: Decimal
    realised: Decimal
    """Counted then, and no longer found: acted on, or no longer offered. Taken off."""
    lost: Decimal
    """Counted then, still found, and counted for less or not at all now. Taken off."""
    newly_found: Decimal
    """Counted now, and new or returned. Added."""
    grown: Decimal
    """Still found, and counted for more than then. Added."""
    after: Decimal


class AgeGroup(msgspec.Struct, frozen=True, kw_only=True):
    """How many open findings are how old."""

    label: str
    """Stable: ``30``, ``90``, ``180``, ``365`` (up to so many days) or ``older``."""
    count: int


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A report's snapshot against an earlier one."""

    earlier: SnapshotFacts
    current: SnapshotFacts
    matched_by: MatchedBy
    matched: int
    """Findings that are in both."""
    counts: dict[ChangeKind, int]
    """Every kind, also where there is none."""
    unchanged: int
    bridges: tuple[SavingsBridge, ...]
    ages: tuple[AgeGroup, ...]
    changes: dict[ChangeKind, tuple[Change, ...]]
    """The most important of each kind, at most :data:`MAX_LISTED_CHANGES`: higher impact first, then larger savings."""
    only_then: tuple[str, ...] = ()
    """Subscriptions that only the earlier snapshot holds; whatever was found in them counts as resolved."""
    only_now: tuple[str, ...] = ()
    """Subscriptions that only this snapshot holds; whatever was found in them counts as new."""
    only_categories_then: tuple[Category, ...] = ()
    only_categories_now: tuple[Category, ...] = ()
    not_read: tuple[str, ...] = ()
    """Subscriptions of the earlier snapshot that were not read for this one; what was found in them is left out."""
    unread_rows: int = 0
    """Rows of this snapshot's source that could not be read, or were counted and never given: what they tell of may count as
    resolved.
    """

    @property
    def match_rate(self) -> Decimal:
        """The share of this snapshot's findings that the earlier one holds too, 0 to 1, to four places."""
        if not self.current.findings:
            return Decimal(0)
        return (Decimal(self.matched) / self.current.findings).quantize(Decimal("0.0001"))

    @property
    def same_scope(self) -> bool:
        """Whether both snapshots hold the same subscriptions and categories, as far as their findings tell."""
        differences = (self.only_then, self.only_now, self.only_categories_then, self.only_categories_now, self.not_read)
        return not any(differences)


class TrendPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One snapshot in the course of time."""

    snapshot_id: UUID
    taken_at: datetime
    total: int
    by_category: dict[str, int]
    by_impact: dict[str, int]
    savings: dict[str, Decimal]
    """Achievable total a year by currency, as the policy of its report counted it."""
    unread_subscriptions: int = 0
    """How many subscriptions could not be read then, whose findings are missing here."""


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """A client's last twelve snapshots, the oldest first."""

    points: tuple[TrendPoint, ...]


MAX_TREND_POINTS = 12
