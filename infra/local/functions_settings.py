"""``local.settings.json``: how the Functions Core Tools hand settings to the front."""

import json

# Of the host, not of the product: the language, no page of the host's own at the root, and no timers' storage, which only
# the deployed host has.
HOST_VALUES = {"FUNCTIONS_WORKER_RUNTIME": "python", "AzureWebJobsDisableHomepage": "true"}


def local_settings(environment: dict[str, str]) -> str:
    """Return the text of ``local.settings.json`` for the product's ``environment``."""
    return json.dumps({"IsEncrypted": False, "Values": {**HOST_VALUES, **environment}}, indent=2) + "\n"
