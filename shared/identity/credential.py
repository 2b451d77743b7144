"""The one Azure credential of a process."""

from azure.core.credentials import TokenCredential
from azure.identity import ManagedIdentityCredential

from shared.settings import Settings


def create_credential(settings: Settings) -> TokenCredential:
    """Return the process's credential: the managed identity, local stacks included (they simulate its endpoint).

    Keep one per process and make it after any fork: the token cache lives in the object.
    """
    if settings.managed_identity_client_id:
        return ManagedIdentityCredential(client_id=settings.managed_identity_client_id)
    return ManagedIdentityCredential()
