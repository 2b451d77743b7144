"""What Advisor recommends in a typical estate: texts, types and weights; wording as Advisor's public reference has it."""

# ruff: noqa: E501  (a table is read by its rows)

from typing import NamedTuple


class Entry(NamedTuple):
    """One recommendation type. ``weight`` is its share of rows; ``savings`` the range of amounts a year, if any is given."""

    category: str
    impact: str
    text: str
    resource: str
    benefits: str
    weight: int
    savings: tuple[int, int] | None = None
    estimated_share: float = 1.0
    retirement_date: str = ""
    retiring_feature: str = ""
    cost_implication: str = ""


class ResourceKind(NamedTuple):
    """A type of resource: the portal's friendly name, the ARM type, how names begin, and how many a workload has."""

    friendly: str
    arm: str
    prefix: str


RESOURCES = {
    "vm": ResourceKind("Virtual machine", "Microsoft.Compute/virtualMachines", "vm"),
    "vmss": ResourceKind("Virtual machine scale set", "Microsoft.Compute/virtualMachineScaleSets", "vmss"),
    "disk": ResourceKind("Disk", "Microsoft.Compute/disks", "disk"),
    "snapshot": ResourceKind("Snapshot", "Microsoft.Compute/snapshots", "snap"),
    "storage": ResourceKind("Storage account", "Microsoft.Storage/storageAccounts", "st"),
    "sqldb": ResourceKind("SQL database", "Microsoft.Sql/servers/databases", "sqldb"),
    "sql": ResourceKind("SQL server", "Microsoft.Sql/servers", "sql"),
    "cosmos": ResourceKind("Cosmos DB account", "Microsoft.DocumentDB/databaseAccounts", "cosmos"),
    "psql": ResourceKind(
        "Azure Database for PostgreSQL flexible server", "Microsoft.DBforPostgreSQL/flexibleServers", "psql"
    ),
    "app": ResourceKind("App service", "Microsoft.Web/sites", "app"),
    "plan": ResourceKind("App Service plan", "Microsoft.Web/serverFarms", "asp"),
    "aks": ResourceKind("Kubernetes service", "Microsoft.ContainerService/managedClusters", "aks"),
    "acr": ResourceKind("Container registry", "Microsoft.ContainerRegistry/registries", "cr"),
    "kv": ResourceKind("Key vault", "Microsoft.KeyVault/vaults", "kv"),
    "agw": ResourceKind("Application gateway", "Microsoft.Network/applicationGateways", "agw"),
    "lb": ResourceKind("Load balancer", "Microsoft.Network/loadBalancers", "lbe"),
    "vnet": ResourceKind("Virtual network", "Microsoft.Network/virtualNetworks", "vnet"),
    "pip": ResourceKind("Public IP address", "Microsoft.Network/publicIPAddresses", "pip"),
    "er": ResourceKind("ExpressRoute circuit", "Microsoft.Network/expressRouteCircuits", "erc"),
    "redis": ResourceKind("Azure Cache for Redis", "Microsoft.Cache/redis", "redis"),
    "log": ResourceKind("Log Analytics workspace", "Microsoft.OperationalInsights/workspaces", "log"),
    "rsv": ResourceKind("Recovery Services vault", "Microsoft.RecoveryServices/vaults", "rsv"),
    "adf": ResourceKind("Data factory (V2)", "Microsoft.DataFactory/factories", "adf"),
    "ai": ResourceKind("Azure AI services", "Microsoft.CognitiveServices/accounts", "ai"),
    "subscription": ResourceKind("Subscription", "Microsoft.Subscriptions/subscriptions", ""),
}

_SECURE = "Improve security posture"
_RESILIENT = "Improve resiliency of the workload"
_FAST = "Improve performance"
_OPERATE = "Follow best practices of operation"
_SAVE = ""  # the exporter writes the amount here

ENTRIES: tuple[Entry, ...] = (
    Entry("Cost", "High", "Right-size or shutdown underutilized virtual machines", "vm", _SAVE, 38, (180, 9_400)),
    Entry("Cost", "High", "Right-size or shutdown underutilized virtual machine scale sets", "vmss", _SAVE, 6, (900, 14_000)),
    Entry("Cost", "Medium", "You have disks which have not been attached to a VM for more than 30 days. Please evaluate if"
          " you still need the disk.", "disk", "Reduce storage costs", 34, (12, 1_900), 0.6),
    Entry("Cost", "Medium", "Use Standard Storage to store Managed Disks snapshots", "snapshot", _SAVE, 10, (20, 640)),
    Entry("Cost", "Medium", "Unused/Empty App Service plan", "plan", "Remove unused resources", 8, None),
    Entry("Cost", "High", "Right-size underutilized SQL Databases", "sqldb", _SAVE, 9, (300, 12_500)),
    Entry("Cost", "Medium", "Consider configuring the cost effective Basic logs plan on selected tables", "log",
          "Reduce costs of log ingestion", 4, (240, 5_100)),
    Entry("Cost", "Medium", "Delete ExpressRoute circuits in the provider status of Not Provisioned", "er", _SAVE, 1, (3_300, 9_900)),
    Entry("Cost", "Low", "Configure manual throughput instead of autoscale on your Azure Cosmos DB database or container",
          "cosmos", _SAVE, 3, (150, 4_200)),
    Entry("Security", "High", "Management ports of virtual machines should be protected with just-in-time network access control",
          "vm", _SECURE, 26),
    Entry("Security", "High", "Machines should have vulnerability findings resolved", "vm", _SECURE, 34),
    Entry("Security", "High", "Azure Kubernetes Service clusters should have Defender profile enabled", "aks", _SECURE, 10),
    Entry("Security", "High", "Containers running in Azure should have vulnerability findings resolved", "aks", _SECURE, 16),
    Entry("Security", "High", "SQL servers should have an Azure Active Directory administrator provisioned", "sql", _SECURE, 7),
    Entry("Security", "Medium", "Storage account public access should be disallowed", "storage", _SECURE, 36),
    Entry("Security", "Medium", "Storage accounts should restrict network access using virtual network rules", "storage", _SECURE, 48),
    Entry("Security", "Medium", "Storage account should use a private link connection", "storage", _SECURE, 48),
    Entry("Security", "Medium", "Virtual machines and virtual machine scale sets should have encryption at host enabled", "vm",
          _SECURE, 52),
    Entry("Security", "Medium", "Guest Configuration extension should be installed on machines", "vm", _SECURE, 40),
    Entry("Security", "Medium", "Azure Key Vaults should use private link", "kv", _SECURE, 24),
    Entry("Security", "Medium", "Key vaults should have deletion protection enabled", "kv", _SECURE, 14),
    Entry("Security", "Medium", "Container registries should not allow unrestricted network access", "acr", _SECURE, 8),
    Entry("Security", "Medium", "Managed identity should be used in web apps", "app", _SECURE, 22),
    Entry("Security", "Medium", "Web Application should only be accessible over HTTPS", "app", _SECURE, 16),
    Entry("Security", "Low", "Diagnostic logs in Key Vault should be enabled", "kv", _SECURE, 22),
    Entry("Security", "Low", "Azure Backup should be enabled for virtual machines", "vm", _SECURE, 30),
    Entry("Security", "High", "Subscriptions should have more than one owner; guest accounts with owner permissions on Azure"
          " resources should be removed", "subscription", _SECURE, 3),
    Entry("Reliability", "High", "Enable zone redundancy for storage accounts to improve high availability and resiliency",
          "storage", _RESILIENT, 44, cost_implication="Medium"),
    Entry("Reliability", "Medium", "Enable Soft Delete to protect your blob data", "storage",
          "Save and recover your data when blobs or blob snapshots are accidentally overwritten or deleted", 32, cost_implication="Low"),
    Entry("Reliability", "Medium", "Enable Backups on your Virtual Machines", "vm", "Protect data against loss", 24, cost_implication="Low"),
    Entry("Reliability", "Medium", "Use Managed Disks for Virtual Machines", "vm", _RESILIENT, 6,
          retirement_date="2026-03-31", retiring_feature="Unmanaged disks", cost_implication="None"),
    Entry("Reliability", "Medium", "Migrate Standard HDD OS Disks to SSD", "disk", _RESILIENT, 14,
          retirement_date="2028-09-08", retiring_feature="Standard HDD OS disks", cost_implication="Low"),
    Entry("Reliability", "High", "Upgrade your Basic SKU public IP addresses to the Standard SKU", "pip", _RESILIENT, 18,
          retirement_date="2025-09-30", retiring_feature="Basic SKU public IP addresses", cost_implication="Low"),
    Entry("Reliability", "High", "Migrate from Basic to Standard Load Balancer", "lb", _RESILIENT, 9,
          retirement_date="2025-09-30", retiring_feature="Basic Load Balancer", cost_implication="Low"),
    Entry("Reliability", "High", "Application Gateway v1 is being retired; migrate to Application Gateway v2", "agw", _RESILIENT, 4,
          retirement_date="2026-04-28", retiring_feature="Application Gateway V1 SKU", cost_implication="Low"),
    Entry("Reliability", "Medium", "Kubenet networking for Azure Kubernetes Service (AKS) is being retired", "aks", _RESILIENT, 5,
          retirement_date="2028-03-31", retiring_feature="Kubenet networking for AKS", cost_implication="None"),
    Entry("Reliability", "High", "Configure and deploy Azure Kubernetes Service (AKS) and related resources to use availability zones",
          "aks", _RESILIENT, 7, cost_implication="None"),
    Entry("Reliability", "Medium", "Use NAT gateway for outbound connectivity", "vnet", _RESILIENT, 16, cost_implication="Low"),
    Entry("Reliability", "High", "Enable high availability with zone redundancy", "psql", _RESILIENT, 8, cost_implication="High"),
    Entry("Reliability", "Medium", "Improve resiliency by migrating your Azure Cosmos DB accounts to continuous backup", "cosmos",
          _RESILIENT, 7, cost_implication="Low"),
    Entry("Reliability", "Medium", "Enable Cross Region Restore for your Recovery Services vault", "rsv", _RESILIENT, 5, cost_implication="Medium"),
    Entry("Reliability", "High", "Set minimum instance count for App Service to 2", "app", _RESILIENT, 18, cost_implication="Medium"),
    Entry("Reliability", "Medium", "Create an Azure Service Health alert", "subscription", "Know of outages as they happen", 4),
    Entry("OperationalExcellence", "High", "Enable Trusted Launch foundational excellence, and modern security for Existing"
          " Generation 2 VM(s)", "vm", _OPERATE, 26),
    Entry("OperationalExcellence", "Medium", "Enable container monitoring for Azure Kubernetes Service (AKS) clusters", "aks", _OPERATE, 6),
    Entry("OperationalExcellence", "Low", "Set up staging environments in Azure App Service", "app", _OPERATE, 18),
    Entry("OperationalExcellence", "Medium", "Implement Azure Policy: add a \"cost center\" tag, an owner and an environment to"
          " resources", "subscription", _OPERATE, 3),
    Entry("OperationalExcellence", "Medium", "Delete failing ADF pipelines", "adf", _OPERATE, 4),
    Entry("OperationalExcellence", "High", "Upgrade NSG flow logs to VNet flow logs", "vnet", _OPERATE, 9,
          retirement_date="2027-09-30", retiring_feature="NSG flow logs"),
    Entry("Performance", "High", "Match production virtual machines with Production Disk for consistent performance and better"
          " latency", "vm", _FAST, 15),
    Entry("Performance", "Medium", "Upgrade to Standard SSD Disks for consistent and improved performance", "disk", _FAST, 12),
    Entry("Performance", "Medium", "Move your App Service plan to PremiumV3 for better performance", "plan", _FAST, 8),
    Entry("Performance", "High", "Scale the storage limit of your PostgreSQL flexible server", "psql", _FAST, 5),
    Entry("Performance", "Medium", "Add an index on the columns that your SQL database queries most", "sqldb", _FAST, 11),
    Entry("Performance", "High", "Improve your Azure Cache for Redis performance by scaling to a larger SKU", "redis", _FAST, 5),
    Entry("Performance", "Medium", "Upgrade your application to use the latest API version from Azure OpenAI", "ai", _FAST, 5),
)  # fmt: skip

SAVINGS_PLAN_TEXT = "Consider purchasing a savings plan for compute to unlock lower prices"
VM_RESERVATION_TEXT = "Consider virtual machine reserved instance to save over the on-demand costs"
APP_SERVICE_RESERVATION_TEXT = "Consider App Service reserved instance to save over the on-demand costs"
SQL_RESERVATION_TEXT = "Consider SQL PaaS DB reserved instance to save over your pay-as-you-go costs"
COMMITMENT_TEXTS = (VM_RESERVATION_TEXT, SAVINGS_PLAN_TEXT, APP_SERVICE_RESERVATION_TEXT, SQL_RESERVATION_TEXT)
