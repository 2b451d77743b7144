"""What tokens are asked for: one scope for each service of Azure that lets a process in by its identity."""

# https://learn.microsoft.com/azure/postgresql/flexible-server/security-entra-configure
POSTGRESQL = "https://ossrdbms-aad.database.windows.net/.default"
# https://learn.microsoft.com/azure/redis/entra-for-authentication
REDIS = "https://redis.azure.com/.default"
# https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity
TOKEN_EXCHANGE = "api://AzureADTokenExchange/.default"  # noqa: S105 - a scope, not a secret


def management(url: str) -> str:
    """Return the scope of Azure Resource Manager (Advisor, Resource Graph, subscriptions) at ``url``."""
    return f"{url}/.default"
