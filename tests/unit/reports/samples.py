"""Recommendations as Advisor words them, in any number, the same each time."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from shared.advisor.recommendation import Recommendation, RejectedRow
from shared.advisor.vocabulary import Category, Impact, category_of, impact_of
from worker.reports.document import ReportFacts, SourceFacts

CREATED_AT = datetime(2025, 2, 3, 9, 30, tzinfo=UTC)

# category, impact, type of resource, resource name prefix, problem, solution
TYPES = (
    ("Cost", "High", "Virtual machine", "vm", "Right-size or shut down underutilized virtual machines", ""),
    ("Cost", "High", "Subscription", "", "Consider virtual machine reserved instance to save over your on-demand costs", ""),
    (
        "Cost",
        "Medium",
        "Disk",
        "disk",
        "You have disks that haven't been attached to a VM for more than 30 days",
        "Delete them",
    ),
    ("Cost", "High", "Subscription", "", "Purchasing a savings plan for compute could unlock lower prices", ""),
    (
        "Cost",
        "Low",
        "Public IP address",
        "pip",
        "Delete public IP addresses that are not associated to a running resource",
        "",
    ),
    (
        "Security",
        "High",
        "Virtual machine",
        "vm",
        "Management ports of virtual machines should be protected",
        "Enable just-in-time",
    ),
    ("Security", "High", "Key vault", "kv", "Key vaults should have purge protection enabled", ""),
    ("Security", "Medium", "Storage account", "st", "Storage accounts should restrict network access", ""),
    ("Security", "Low", "App Service", "app", "Diagnostic logs in App Service should be enabled", ""),
    (
        "Security",
        "High",
        "SQL server",
        "sql",
        "SQL servers should have an Azure Active Directory administrator provisioned",
        "",
    ),
    ("HighAvailability", "High", "Virtual machine", "vm", "Enable Backups on your virtual machines", ""),
    ("HighAvailability", "Medium", "Storage account", "st", "Enable Soft Delete for your Azure Storage blobs", ""),
    ("HighAvailability", "High", "Cosmos DB account", "cosmos", "Migrate Azure Cosmos DB to zone redundancy", ""),
    ("OperationalExcellence", "Low", "Resource group", "rg", "Create Azure Service Health alerts", "Add an alert rule"),
    ("OperationalExcellence", "Medium", "Kubernetes service", "aks", "Upgrade to a supported Kubernetes version", ""),
    ("Performance", "Medium", "App Service plan", "plan", "Scale out your App Service plan to avoid CPU exhaustion", ""),
    ("Performance", "Low", "Redis cache", "redis", "Improve your cache and application performance under load", ""),
)
SUBSCRIPTIONS = ("Contoso Production", "Contoso Staging", "Shared Platform (hub)", "Data & Analytics", "Sandbox 07")


def recommendation(**changes: object) -> Recommendation:
    """Return one plain recommendation with the fields given changed."""
    values: dict[str, object] = {
        "category": Category.SECURITY,
        "category_as_given": "Security",
        "impact": Impact.HIGH,
        "impact_as_given": "High",
        "problem": "Key vaults should have purge protection enabled",
        "fingerprint": bytes(16),
        "subscription_id": "00000000-0000-0000-0000-000000000001",
        "subscription_name": "Contoso Production",
        "resource_group": "rg-shared",
        "resource_name": "kv-contoso",
        "resource_type": "Key vault",
    }
    return Recommendation(**{**values, **changes})  # type: ignore[arg-type]


def recommendations(count: int, *, currency: str = "USD", seed: int = 1) -> list[Recommendation]:
    """Return ``count`` recommendations of many types, resources and subscriptions."""
    chance = random.Random(seed)
    return [_one(number, chance, currency) for number in range(count)]


def _one(number: int, chance: random.Random, currency: str) -> Recommendation:
    category, impact, resource_type, prefix, problem, solution = chance.choice(TYPES)
    index = chance.randrange(len(SUBSCRIPTIONS))
    subscription_id = f"00000000-0000-0000-0000-{index + 1:012d}"
    group = f"rg-{chance.choice(('web', 'data', 'core-network', 'identity'))}-{chance.randrange(40):02d}"
    name = f"{prefix}-{chance.choice(('orders', 'billing', 'frontend', 'ingest'))}-{number:05d}"
    is_subscription = resource_type == "Subscription"
    amount = None
    if category == "Cost" and chance.random() < 0.8:
        amount = Decimal(chance.randrange(50, 60_000)) / chance.choice((1, 1, 100))
    return recommendation(
        category=category_of(category),
        category_as_given=category,
        impact=impact_of(impact),
        impact_as_given=impact,
        problem=problem,
        solution=solution or problem,
        fingerprint=number.to_bytes(16, "big"),
        subscription_id=subscription_id,
        subscription_name=SUBSCRIPTIONS[index],
        resource_group="" if is_subscription else group,
        resource_name=subscription_id if is_subscription else name,
        resource_type=resource_type,
        resource_id=""
        if number % 2 or is_subscription
        else f"/subscriptions/{subscription_id}/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines/{name}",
        annual_savings=amount,
        currency=currency if amount is not None else "",
        term="P3Y" if is_subscription and amount is not None else "",
        lookback_days=30 if is_subscription and amount is not None else None,
        sku="Standard_D4s_v3" if is_subscription and amount is not None else "",
        region="westeurope" if is_subscription and amount is not None else "",
        updated_at=datetime(2025, 2, 1, 4, 0, tzinfo=UTC) - timedelta(days=number % 20),
        retirement_date=date(2028, 9, 8) if problem.startswith("Upgrade") else None,
        retiring_feature="Kubernetes 1.27" if problem.startswith("Upgrade") else "",
    )


LONG_NAMES = (
    recommendation(
        resource_name="a" * 140,
        resource_group="rg-" + "unbroken" * 18,
        resource_id="/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/"
        + "x" * 90
        + "/providers/Microsoft.X/y/z",
        problem="Resource_names_without_any_place_to_break_" * 4,
        resource_type="microsoft.containerservice/managedclusters-namespaces-deployments-replicasets-pods-containers",
    ),
    recommendation(
        resource_name="存储帐户-生产环境-华东二区-财务报表归档数据",
        problem="启用虚拟机备份以防止数据丢失",
        resource_group="资源组-财务",
    ),
    recommendation(
        resource_name="ストレージアカウント本番環境",
        problem="仮想マシンのバックアップを有効にしてください",
        resource_group="リソース",
    ),
    recommendation(
        resource_name="حساب-التخزين-الإنتاج",
        problem="تمكين النسخ الاحتياطي على الأجهزة الظاهرية vm-01",
        resource_group="مجموعة",
    ),
    recommendation(
        resource_name="хранилище-продакшн-отчётность", problem="Включите резервное копирование", resource_group="группа"
    ),
    recommendation(
        resource_name="Zürich-Größe-naïve-façade",
        problem="Évitez les dépenses inutiles, s'il vous plaît",
        resource_group="señor",
    ),
)

REJECTED = tuple(
    RejectedRow(
        line=number * 7 + 2,
        column="Potential Annual Cost Savings",
        value="5.332" if number % 2 else "1,234,56 " + "x" * 120,
        reason_code="amount_ambiguous",
        reason="The amount can be read in two ways and the file has no other amount that decides.",
    )
    for number in range(12)
)


def facts(client: str = "Contoso Ltd", *, accepted: int = 0, rejected: int = 0) -> ReportFacts:
    """Return the facts of a report on one portal export."""
    return ReportFacts(
        client_name=client,
        title="Azure Advisor review",
        created_at=CREATED_AT,
        sources=(
            SourceFacts(
                file_name="Advisor_2025-02-01T14_38_16.311Z.csv",
                kind="Azure portal CSV",
                exported_at=datetime(2025, 2, 1, 14, 38, 16, tzinfo=UTC),
                accepted=accepted,
                rejected=rejected,
            ),
        ),
    )
