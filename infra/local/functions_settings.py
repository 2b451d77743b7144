"""``local.settings.json``: how the Functions Core Tools hand settings to the front."""

import json

HOST_VALUES = {
    "FUNCTIONS_WORKER_RUNTIME": "python",
    # The product answers at the root, not the host.
    "AzureWebJobsDisableHomepage": "true",
    # Timers need a storage account of the host's own; on one machine the workers' clock does what the timer would.
    "AzureWebJobs.tick.Disabled": "true",
    "AzureWebJobsSecretStorageType": "files",
}
"""Settings that the Functions host itself reads."""


def local_settings(environment: dict[str, str]) -> str:
    """Return the text of ``local.settings.json`` for the product's ``environment``."""
    return json.dumps({"IsEncrypted": False, "Values": {**HOST_VALUES, **environment}}, indent=2) + "\n"
