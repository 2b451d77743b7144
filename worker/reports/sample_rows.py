"""A few recommendations of an invented estate, for sample reports."""

from datetime import UTC, datetime
from decimal import Decimal

from shared.advisor.recommendation import Recommendation
from shared.advisor.vocabulary import category_of, impact_of

_UPDATED = datetime(2026, 1, 15, tzinfo=UTC)
# category, impact, type of resource, resource, recommendation, savings a year
_ROWS = (
    ("Cost", "High", "Virtual machine", "vm-shop-01", "Right-size or shutdown underutilized virtual machines", 6_920),
    ("Cost", "High", "Virtual machine", "vm-shop-02", "Right-size or shutdown underutilized virtual machines", 2_218),
    ("Cost", "Medium", "Disk", "disk-archive-07", "You have disks which have not been attached to a VM", 765),
    ("Cost", "Low", "Public IP address", "pip-legacy", "Delete unassociated public IP addresses", 44),
    ("Security", "High", "Storage account", "stshopdata", "Storage accounts should restrict network access", None),
    ("Security", "High", "Key vault", "kv-shop", "Key vaults should have purge protection enabled", None),
    ("Security", "Medium", "App Service", "app-shop", "Web applications should only be accessible over HTTPS", None),
    ("Reliability", "High", "Virtual machine", "vm-erp-01", "Enable backups on your virtual machines", None),
    ("Reliability", "Medium", "Storage account", "stshopdata", "Enable soft delete for your storage accounts", None),
    ("OperationalExcellence", "Low", "Subscription", "Production", "Create Azure Service Health alerts", None),
    ("Performance", "Medium", "App Service plan", "plan-shop", "Scale out your App Service plan", None),
)


def sample_rows() -> list[Recommendation]:
    """Return the rows, the same each time."""
    return [
        Recommendation(
            category=category_of(category),
            category_as_given=category,
            impact=impact_of(impact),
            impact_as_given=impact,
            problem=problem,
            fingerprint=number.to_bytes(16),
            subscription_id="00000000-0000-4000-8000-000000000001",
            subscription_name="Production",
            resource_group="rg-shop",
            resource_name=name,
            resource_type=kind,
            annual_savings=None if savings is None else Decimal(savings),
            currency="" if savings is None else "USD",
            updated_at=_UPDATED,
        )
        for number, (category, impact, kind, name, problem, savings) in enumerate(_ROWS)
    ]
