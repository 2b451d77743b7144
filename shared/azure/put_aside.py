"""What somebody in Azure put aside, by the portal's own rules.

A suppression dismisses a recommendation for good (its time to live is -1, or it has none) or postpones it until a moment;
one whose moment has passed counts for nothing. A configuration leaves out a subscription or a resource group as a whole, and
says below which use of the processor a virtual machine counts as underused (5 percent where it does not say).
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from shared.advisor.dates import parse_datetime
from shared.advisor.standing import Standing
from shared.azure.loose_row import LooseRow

_RIGHTSIZING = "e10b1381-5f0a-47ff-8c7b-37bd13d7c974"
_USUAL_CPU_PERCENT = 5.0
_FOR_GOOD = "-1"


class PutAside(LooseRow):
    """A row about a suppression or a configuration."""


class Verdict(NamedTuple):
    """Where a recommendation stands, until when, and why in one sentence."""

    standing: Standing
    until: datetime | None = None
    reason: str = ""


ACTIVE = Verdict(Standing.ACTIVE)
_DISMISSED = Verdict(Standing.DISMISSED, None, "Dismissed in Azure for good.")
_WHOLE_SUBSCRIPTION = Verdict(Standing.EXCLUDED, None, "Advisor's configuration leaves this subscription out.")
_RESOURCE_GROUP = Verdict(Standing.EXCLUDED, None, "Advisor's configuration leaves this resource group out.")


@dataclass
class Rules:
    """What is put aside in some subscriptions, as it stood at ``now``."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    _suppressed: dict[str, Verdict] = field(default_factory=dict)
    _excluded_subscriptions: set[str] = field(default_factory=set)
    _excluded_groups: set[tuple[str, str]] = field(default_factory=set)
    _cpu_percent: dict[str, float] = field(default_factory=dict)

    def add(self, rows: Iterable[PutAside]) -> None:
        """Take in rows about suppressions and configurations; others are not looked at."""
        for row in rows:
            kind = row.type.lower().rpartition("/")[2]
            if kind == "suppressions":
                self._suppress(row)
            elif kind == "configurations":
                self._configure(row)

    def verdict(
        self, *, name: str, subscription_id: str, resource_group: str, type_id: str, extended: Mapping[str, Any]
    ) -> Verdict:
        """Return where the recommendation ``name`` stands; the other arguments say what it is about."""
        if self._suppressed and (found := self._suppressed.get(name.lower())) is not None:
            return found
        if self._excluded_subscriptions and subscription_id.lower() in self._excluded_subscriptions:
            return _WHOLE_SUBSCRIPTION
        if self._excluded_groups and (subscription_id.lower(), resource_group.lower()) in self._excluded_groups:
            return _RESOURCE_GROUP
        if type_id.lower() == _RIGHTSIZING:
            return self._by_use(subscription_id.lower(), extended)
        return ACTIVE

    def suppressed_names(self) -> list[str]:
        """Return the names of the recommendations that are dismissed or postponed."""
        return sorted(self._suppressed)

    def excluded_groups(self) -> list[tuple[str, str]]:
        """Return subscription and name of the resource groups that are left out, in lower case."""
        return sorted(self._excluded_groups)

    def excludes(self, subscription_id: str) -> bool:
        """Return whether the whole subscription is left out."""
        return subscription_id.lower() in self._excluded_subscriptions

    def _suppress(self, row: PutAside) -> None:
        parts = row.id.split("/")
        if len(parts) < 3:
            return
        # The id is the recommendation's own, then "suppressions", then a name that many share.
        name = parts[-3].lower()
        until = parse_datetime(str(row.properties.get("expirationTimeStamp") or ""))
        ttl = str(row.properties.get("ttl") or _FOR_GOOD).strip()
        if ttl == _FOR_GOOD:
            self._suppressed[name] = _DISMISSED
            return
        if until is not None and until <= self.now:
            return
        before = self._suppressed.get(name)
        if before is None or (before is not _DISMISSED and _later(until, before.until)):
            said = f"until {until:%d %B %Y, %H:%M} UTC" if until else "for a time that Azure does not say"
            self._suppressed[name] = Verdict(Standing.POSTPONED, until, f"Postponed in Azure {said}.")

    def _configure(self, row: PutAside) -> None:
        parts = row.id.lower().split("/")
        if len(parts) < 4 or parts[1] != "subscriptions":
            return
        excluded = str(row.properties.get("exclude") or "").lower() == "true"
        if parts[3] == "resourcegroups" and len(parts) > 4:
            if excluded:
                self._excluded_groups.add((parts[2], parts[4]))
            return
        if excluded:
            self._excluded_subscriptions.add(parts[2])
        if (percent := _number(row.properties.get("lowCpuThreshold"))) is not None:
            self._cpu_percent[parts[2]] = percent

    def _by_use(self, subscription_id: str, extended: Mapping[str, Any]) -> Verdict:
        used = _number(extended.get("MaxCpuP95", extended.get("maxCpuP95")))
        limit = self._cpu_percent.get(subscription_id, _USUAL_CPU_PERCENT)
        if used is None or used < limit:
            return ACTIVE
        return Verdict(
            Standing.EXCLUDED,
            None,
            f"Its processor use of {used:g} % is not below the {limit:g} % that its subscription calls underused.",
        )


def _later(until: datetime | None, than: datetime | None) -> bool:
    return until is None or (than is not None and until > than)


def _number(value: Any) -> float | None:
    try:
        number = None if value in (None, "") else float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if number is not None and math.isfinite(number) else None
