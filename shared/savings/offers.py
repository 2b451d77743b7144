"""One priced recommendation as an offer: what kind it is, and how well it meets the policy."""

import re
from functools import lru_cache

import msgspec

from shared.advisor.recommendation import Recommendation
from shared.savings.policy import SavingsPolicy, TermChoice
from shared.savings.tally import Amount, Part

# https://learn.microsoft.com/azure/advisor/advisor-reference-cost-recommendations
RIGHTSIZING_TYPE_IDS = frozenset({"e10b1381-5f0a-47ff-8c7b-37bd13d7c974", "94aea435-ef39-493f-a547-8408092c22a7"})
_RIGHTSIZING_TEXT = re.compile(r"\bright.?siz\w+\b|\bshut.?down\b|\bresiz\w+\b", re.IGNORECASE)

# The look-back of the policy first, then more days before fewer: more evidence is the better stand-in.
_LOOKBACKS: dict[object, tuple[int, ...]] = {7: (7, 30, 60), 30: (30, 60, 7), 60: (60, 30, 7)}
_OTHER_LOOKBACK = 3
_UNKNOWN_LOOKBACK = 4
_TERM_UNKNOWN = 10

Size = tuple[str, str]
"""Region and size of machines, in a spelling that reservations and resizing share."""


class Offer(msgspec.Struct, gc=False):
    """An amount that may count, with what is needed to choose between it and others."""

    ordinal: int
    amount: Amount
    part: Part
    """The sums that it belongs to."""
    fingerprint: bytes
    rank: int = 0
    """0 where the offer is exactly what the policy asks for; the larger, the worse it stands in."""

    def beats(self, other: "Offer") -> bool:
        """Whether this offer counts rather than ``other``; the same whatever their order, also between equals."""
        mine = (self.rank, -self.amount, self.fingerprint, self.ordinal)
        return mine < (other.rank, -other.amount, other.fingerprint, other.ordinal)


def rank_of(recommendation: Recommendation, policy: SavingsPolicy) -> int:
    """Return how far a commitment is from what the policy asks for, 0 for not at all."""
    rank = 0
    if policy.term is not TermChoice.BEST and not recommendation.term:
        rank = _TERM_UNKNOWN
    if policy.lookback_days == "best":
        return rank
    days = recommendation.lookback_days
    if days is None:
        return rank + _UNKNOWN_LOOKBACK
    order = _LOOKBACKS[policy.lookback_days]
    return rank + (order.index(days) if days in order else _OTHER_LOOKBACK)


def has_other_lookback(rank: int) -> bool:
    """Whether an offer of this rank was calculated from another look-back than the policy's, known or not."""
    return rank % _TERM_UNKNOWN != 0


def lookback_is_unknown(rank: int) -> bool:
    """Whether the source of an offer of this rank does not say from which look-back it was calculated."""
    return rank % _TERM_UNKNOWN == _UNKNOWN_LOOKBACK


def is_rightsizing(recommendation: Recommendation) -> bool:
    """Whether the recommendation is to resize or shut down a machine."""
    if recommendation.recommendation_type_id.lower() in RIGHTSIZING_TYPE_IDS:
        return True
    return not recommendation.recommendation_type_id and _says_rightsizing(recommendation.problem)


@lru_cache(maxsize=4096)
def _says_rightsizing(text: str) -> bool:
    return _RIGHTSIZING_TEXT.search(text) is not None


def machine_of(recommendation: Recommendation) -> str:
    """Return the key of the machine that a resizing is about."""
    if recommendation.resource_id:
        return recommendation.resource_id.lower()
    return f"{recommendation.resource_group}\0{recommendation.resource_name}".lower()


def size_left_by(recommendation: Recommendation) -> Size | None:
    """Return the size that a resizing or shutdown would leave, ``None`` where the source does not tell."""
    size = recommendation.extras.get("currentSku", "")
    region = recommendation.region or recommendation.extras.get("regionId", "")
    return size_key(region, size) if size and region else None


@lru_cache(maxsize=4096)
def size_key(region: str, size: str) -> Size:
    """Return a size in the spelling that offers share.

    Resizing says ``useast`` where reservations say ``eastus``, so a region is known by its letters in alphabetical order.
    """
    letters = "".join(sorted(filter(str.isalnum, region.lower())))
    return letters, size.lower()
