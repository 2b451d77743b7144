"""Which recommendations offer a commitment (a reservation or a savings plan), and for what.

Told by recommendation type id and extended properties where the API gave them, else by the English text, since a portal CSV
has nothing but the text.
"""

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from shared.advisor.recommendation import Recommendation

# https://learn.microsoft.com/azure/advisor/advisor-reference-cost-recommendations
SAVINGS_PLAN_TYPE_IDS = frozenset({"89515250-1243-43d1-b4e7-f9437cedffd8"})
RESERVATION_TYPE_IDS = frozenset({"84b1a508-fc21-49da-979e-96894f1665df", "5b8ddf04-be28-44ec-ab2c-a63a34d1de13"})


class CommitmentKind(StrEnum):
    """How one commits."""

    RESERVATION = "reservation"
    SAVINGS_PLAN = "savings_plan"


class SpendFamily(StrEnum):
    """Spend that either reservations or one savings plan can cover, so that the two are alternatives within it."""

    COMPUTE = "compute"
    DATABASE = "database"
    OTHER = "other"
    """No savings plan covers it: reservations only."""


class Commitment(NamedTuple):
    """What a recommendation offers to commit to; ``product`` is the reserved type in lower case, ``""`` for plans."""

    kind: CommitmentKind
    family: SpendFamily
    product: str


# What a savings plan for compute applies to, as reservedResourceType and as texts name it (lower case, letters only).
# https://learn.microsoft.com/azure/cost-management-billing/savings-plan/savings-plan-compute-overview
_COMPUTE = (
    "virtualmachine",
    "appservice",
    "dedicatedhost",
    "containerinstance",
    "containerapp",
    "azurefunction",
    "springapp",
)
# What a savings plan for databases applies to, likewise.
_DATABASE = ("sql", "cosmos", "mariadb", "documentdb", "databasefor", "databasemigration")
_RESERVED_TEXT = re.compile(r"\breserv(?:ed|ations?)\b", re.IGNORECASE)
_COMMITS_TEXT = re.compile(r"\breserved\b(?:\W+\w+){0,2}?\W+(?:instances?|capacity)\b|\breservations?\b", re.IGNORECASE)
_PLAN_TEXT = re.compile(r"\bsavings\s+plans?\b", re.IGNORECASE)
# "Use Azure Capacity Reservation" keeps capacity, not money; only Cost rows are looked at, but texts travel.
_CAPACITY_RESERVATION = re.compile(r"\bcapacity\s+reservations?\b", re.IGNORECASE)
_FILLER = re.compile(
    r"\b(?:consider|purchas\w+|buy\w*|azure|an?|the|for|reserv\w+|instances?|capacity|to|save|over|your|on.demand|costs?)\b|\W+",
    re.IGNORECASE,
)


def commitment_of(recommendation: Recommendation) -> Commitment | None:
    """Return what commitment the recommendation offers; ``None`` if it offers none."""
    extras = recommendation.extras
    return _commitment(
        recommendation.recommendation_type_id,
        recommendation.sku,
        recommendation.problem,
        extras.get("reservedResourceType", ""),
        extras.get("recommendationSubCategory", ""),
    )


@lru_cache(maxsize=16384)
def _commitment(type_id: str, sku: str, problem: str, reserved: str, sub_category: str) -> Commitment | None:
    """Tell by what the source says; remembered, since a few types, texts and SKUs make up all rows."""
    type_id, sku, sub_category = type_id.lower(), sku.lower(), sub_category.lower()
    if type_id in SAVINGS_PLAN_TYPE_IDS or sub_category == "savingsplan" or sku.endswith("_savings_plan"):
        return _plan(sku or problem.lower())
    if reserved or type_id in RESERVATION_TYPE_IDS or sub_category == "reservations":
        return _reservation(reserved or _product_in(problem))
    return _commitment_in(problem)


def _commitment_in(text: str) -> Commitment | None:
    """Tell by the text alone."""
    if _PLAN_TEXT.search(text):
        return _plan(text.lower())
    if _COMMITS_TEXT.search(text) and not _CAPACITY_RESERVATION.search(text):
        return _reservation(_product_in(text))
    return None


def _plan(words: str) -> Commitment:
    family = SpendFamily.DATABASE if "database" in words else SpendFamily.COMPUTE
    return Commitment(CommitmentKind.SAVINGS_PLAN, family, "")


def _reservation(product: str) -> Commitment:
    key = "".join(filter(str.isalnum, product.lower())).removesuffix("s")
    if any(word in key for word in _COMPUTE):
        family = SpendFamily.COMPUTE
    elif any(word in key for word in _DATABASE):
        family = SpendFamily.DATABASE
    else:
        family = SpendFamily.OTHER
    return Commitment(CommitmentKind.RESERVATION, family, key)


def _product_in(text: str) -> str:
    """Return the words of a text that name what is reserved: "virtual machine" of "Consider virtual machine reserved …"."""
    before = _RESERVED_TEXT.split(text, maxsplit=1)[0]
    return _FILLER.sub(" ", before).strip() or text
