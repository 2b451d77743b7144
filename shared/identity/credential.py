"""The one Azure credential of a process, of the kind that the settings name."""

from typing import Any

from azure.core.credentials import TokenCredential

from shared.settings import CredentialKind, Settings

# A caller waits for a token only where none is valid any more; then a quick "no" is worth more than a late one.
_PATIENCE: dict[str, Any] = {"connection_timeout": 3, "read_timeout": 10, "retry_total": 2, "retry_backoff_factor": 0.2}


def create_credential(settings: Settings) -> TokenCredential:
    """Return the credential of the kind ``AZURE_CREDENTIAL`` names; nothing is tried in turn but a developer's sign-ins.

    The settings were checked when they were read, so the parts of the kind are there. Keep one per process and make it
    after any fork: the token cache lives in the object. Local stacks use the managed identity too; they simulate its
    endpoint.
    """
    # Loading it takes a third of a second, and commands that sign in to a local database need none of it.
    from azure import identity  # noqa: PLC0415

    match settings.azure_credential:
        case CredentialKind.MANAGED_IDENTITY:
            return identity.ManagedIdentityCredential(client_id=settings.azure_client_id or None, **_PATIENCE)
        case CredentialKind.WORKLOAD_IDENTITY:
            return identity.WorkloadIdentityCredential(
                tenant_id=settings.azure_tenant_id,
                client_id=settings.azure_client_id,
                token_file_path=str(settings.azure_federated_token_file),
                **authority_options(settings),
            )
        case CredentialKind.CLIENT_SECRET:
            assert settings.azure_client_secret is not None  # noqa: S101 - the settings demand it for this kind
            return identity.ClientSecretCredential(
                settings.azure_tenant_id,
                settings.azure_client_id,
                settings.azure_client_secret.get_secret_value(),
                **authority_options(settings),
            )
        case CredentialKind.CLIENT_CERTIFICATE:
            return identity.CertificateCredential(
                settings.azure_tenant_id,
                settings.azure_client_id,
                str(settings.azure_client_certificate_path),
                **authority_options(settings),
            )
        case CredentialKind.DEVELOPER:
            return identity.ChainedTokenCredential(identity.AzureCliCredential(), identity.AzureDeveloperCliCredential())


def authority_options(settings: Settings) -> dict[str, Any]:
    """Return how credentials of applications reach Entra: by the authority of the settings, and for how long they wait."""
    if not settings.azure_authority_host:
        return _PATIENCE
    # Sovereign clouds and simulators: the public cloud's directory of authorities does not know them.
    options = {**_PATIENCE, "authority": settings.azure_authority_host, "disable_instance_discovery": True}
    if settings.azure_authority_ca_file is not None:
        options["connection_verify"] = str(settings.azure_authority_ca_file)
    return options
