"""The words Azure Advisor uses for categories and impacts, and the ones we group by."""

from enum import StrEnum


class Category(StrEnum):
    """Advisor's five categories under their portal names; anything else is grouped as ``Other``."""

    COST = "Cost"
    SECURITY = "Security"
    RELIABILITY = "Reliability"
    OPERATIONAL_EXCELLENCE = "OperationalExcellence"
    PERFORMANCE = "Performance"
    OTHER = "Other"

    @property
    def title(self) -> str:  # type: ignore[override]
        """The name as people read it, such as "Operational excellence"."""
        return _CATEGORY_TITLES[self]


class Impact(StrEnum):
    """Advisor's three impacts; anything else is grouped as ``Other``."""

    HIGH = "High"
    MEDIUM = "Medium"
    LOW = "Low"
    OTHER = "Other"


_CATEGORY_TITLES = {
    Category.COST: "Cost",
    Category.SECURITY: "Security",
    Category.RELIABILITY: "Reliability",
    Category.OPERATIONAL_EXCELLENCE: "Operational excellence",
    Category.PERFORMANCE: "Performance",
    Category.OTHER: "Other",
}

# The API says HighAvailability where the portal says Reliability; keys are compared without case and spaces.
_CATEGORIES = {
    "cost": Category.COST,
    "security": Category.SECURITY,
    "reliability": Category.RELIABILITY,
    "highavailability": Category.RELIABILITY,
    "operationalexcellence": Category.OPERATIONAL_EXCELLENCE,
    "performance": Category.PERFORMANCE,
}
_IMPACTS = {"high": Impact.HIGH, "medium": Impact.MEDIUM, "low": Impact.LOW}


def category_of(given: str) -> Category:
    """Return the category that ``given`` names, in any case or spacing; ``Category.OTHER`` for an unknown one."""
    return _CATEGORIES.get("".join(given.split()).lower(), Category.OTHER)


def impact_of(given: str) -> Impact:
    """Return the impact that ``given`` names, in any case; ``Impact.OTHER`` for an unknown one."""
    return _IMPACTS.get(given.strip().lower(), Impact.OTHER)
