"""What is told of a fetch: numbers for the API, sentences for the report."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.advisor.standing import Standing
from shared.azure.calls import Tally
from shared.azure.live_orders import LiveOrder
from shared.azure.live_rows import Counts
from shared.azure.parts import Fetched

# A directory without rights has thousands of them, and each has the same reason.
_MOST_REFUSED_KEPT = 1_000
_MOST_REFUSED_TOLD = 20


@dataclass(frozen=True)
class Facts:
    """One fetch that went well, as far as it went; its ``counts`` are known once all lines were made."""

    order: LiveOrder
    fetched: Fetched
    tally: Tally
    unfinished: dict[str, str]
    requested_at: datetime
    fetched_at: datetime

    def told(self, accepted: int, counts: Counts, *, duration_s: float) -> dict[str, Any]:
        """Return what is kept with report and snapshot, in JSON's own types."""
        refused = self.fetched.refused
        return {
            "connection_id": str(self.order.connection_id),
            "filters": self.order.filters.stored(),
            "keep_put_aside": self.order.keep_put_aside,
            "refresh_first": self.order.refresh_first,
            "requested_at": self.requested_at.isoformat(),
            "fetched_at": self.fetched_at.isoformat(),
            "recommendations_count": accepted,
            "fetch_duration_seconds": round(duration_s, 3),
            "azure_api_calls": self.tally.calls,
            "azure_pages": self.fetched.pages,
            "azure_retries": self.tally.retries,
            "azure_throttled": self.tally.throttled,
            "azure_waited_seconds": round(self.tally.waited_s, 3),
            "subscriptions_wanted": self.fetched.read + len(refused),
            "subscriptions_read": self.fetched.read,
            "subscriptions_refused": [
                {"subscription_id": one.subscription_id, "name": one.name, "code": one.code, "reason": one.reason}
                for one in refused[:_MOST_REFUSED_KEPT]
            ],
            "left_out": {one.value: counts.left_out[one] for one in Standing if counts.left_out[one]},
            "duplicates": counts.duplicates,
            "missing": counts.missing,
        }

    def notes(self, counts: Counts) -> list[dict[str, str]]:
        """Return what a reader of the report has to know, one sentence each."""
        return [{"code": code, "message": message} for code, message in self._notes(counts)]

    def _notes(self, counts: Counts) -> list[tuple[str, str]]:
        read, refused = self.fetched.read, self.fetched.refused
        wanted = read + len(refused)
        notes = [("subscriptions_read", f"{read:,} of {wanted:,} {_plural('subscription', wanted)} read from Azure.")]
        for one in refused[:_MOST_REFUSED_TOLD]:
            name = f"{one.name} ({one.subscription_id})" if one.name else one.subscription_id
            notes.append(("subscription_not_read", f"Not read: {name}. {one.reason}"))
        if len(refused) > _MOST_REFUSED_TOLD:
            notes.append(
                ("subscription_not_read", f"Not read for like reasons: {len(refused) - _MOST_REFUSED_TOLD:,} more.")
            )
        if filters := self._filters():
            notes.append(("filtered", f"Only what was asked for: {filters}."))
        if aside := ", ".join(f"{count:,} {standing.value}" for standing, count in sorted(counts.left_out.items())):
            what = "Kept and marked" if self.order.keep_put_aside else "Left out, as the portal does"
            notes.append(("put_aside", f"{what}: {aside}."))
        if self.unfinished:
            count = len(self.unfinished)
            notes.append(
                (
                    "not_refreshed",
                    f"Advisor did not refresh {count:,} {'subscription' if count == 1 else 'subscriptions'} in time.",
                )
            )
        if counts.missing:
            text = f"Azure counted {counts.missing:,} recommendations more than it gave; order again to see them."
            notes.append(("rows_missing", text))
        return notes

    def _filters(self) -> str:
        wanted = self.order.filters
        parts = {
            "categories": [category.title for category in wanted.categories],
            "impacts": [impact.value for impact in wanted.impacts],
            "resource groups": wanted.resource_groups,
            "resource types": wanted.resource_types,
            "tag": [wanted.tag.name, *wanted.tag.values] if wanted.tag else [],
        }
        return "; ".join(f"{name} {', '.join(values)}" for name, values in parts.items() if values)


def _plural(noun: str, count: int) -> str:
    return f"{noun} was" if count == 1 else f"{noun}s were"
