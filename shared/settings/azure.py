"""Whether a process runs in Azure, by the variables that only the platform itself sets."""

from collections.abc import Mapping

# https://learn.microsoft.com/azure/app-service/reference-app-settings and
# https://learn.microsoft.com/azure/container-apps/environment-variables. Not IDENTITY_ENDPOINT, which local stacks simulate,
# nor WEBSITE_HOSTNAME, which the Functions Core Tools set.
_PLATFORM = (
    "WEBSITE_INSTANCE_ID",
    "WEBSITE_SITE_NAME",
    "WEBSITE_SKU",
    "WEBSITE_POD_NAME",
    "CONTAINER_APP_NAME",
    "CONTAINER_APP_JOB_NAME",
    "CONTAINER_APP_REPLICA_NAME",
)


def platform_variable(environment: Mapping[str, str]) -> str | None:
    """Return the name of a variable that tells that this is Azure, ``None`` anywhere else."""
    return next((name for name in _PLATFORM if environment.get(name)), None)
