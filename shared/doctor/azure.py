"""Legs to Azure: sign-in, Blob storage, Key Vault, Resource Manager; and to the provider that people sign in with."""

import io
import secrets
import time
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError

from shared.doctor import clock, web
from shared.errors import AdvisorReportsError
from shared.identity import process
from shared.identity.credential import create_credential
from shared.queue.names import Role
from shared.queue.waking import Alarm, queue_name
from shared.settings import Settings
from shared.storage.blobs import BlobStore

_REQUEST_TIMEOUT_S = 5.0
_STORAGE_SCOPE = "https://storage.azure.com/.default"
# Any name will do: that there is no such secret is an answer too, and proves the right to read.
_SECRET_NAME = "doctor-probe"  # noqa: S105 - a name


class LegBrokenError(AdvisorReportsError):
    """A service of Azure's did not do what it should."""

    code = "azure_leg_broken"


def sign_in(settings: Settings) -> str:
    """Get a new token from the identity service, past every cache."""
    try:
        token = create_credential(settings).get_token(_STORAGE_SCOPE)
    except ClientAuthenticationError as error:
        text = str(error).strip().partition("\n")[0]
        raise LegBrokenError(
            f"The identity service gave no token to this {settings.azure_credential.replace('_', ' ')}: {text}",
            next_step="Check that the identity exists, is assigned to this app, and that AZURE_CREDENTIAL and the AZURE_* "
            "variables name it.",
        ) from error
    return f"{settings.azure_credential.replace('_', ' ')}, token valid for {(token.expires_on - time.time()) / 60:,.0f} min"


def write_link_and_read(settings: Settings) -> str:
    """Write a small blob, read it by a signed link as a browser would, and remove it."""
    blobs = BlobStore(settings, process.credential(settings))
    path, content = f"doctor/{secrets.token_hex(8)}.txt", secrets.token_hex(16).encode()
    blobs.upload(path, io.BytesIO(content), content_type="text/plain", size_bytes=len(content))
    try:
        link = blobs.download_link(path, file_name="doctor.txt", content_type="text/plain", lifetime=timedelta(minutes=1))
        answer = web.get(link, timeout_s=_REQUEST_TIMEOUT_S, ca_file=settings.storage_ca_file)
    finally:
        blobs.delete(path)
    if answer.status != 200 or answer.body != content:
        raise LegBrokenError(
            f"Blob storage took a file, yet did not give it out by a signed link (status {answer.status}).",
            next_step="Give the managed identity Storage Blob Delegator, and allow this network in the account's firewall.",
        )
    return f"container {settings.storage_container}: written, read by link, removed"


def wake_and_take_back(settings: Settings, role: Role) -> str:
    """Put a message on the queue that wakes a role's workers, and take it off again."""
    alarm = Alarm(settings, process.credential(settings))
    try:
        alarm.prove(role)
    finally:
        alarm.close()
    return f"{queue_name(role)}: written and removed"


def read_vault(settings: Settings) -> str:
    """Ask the Key Vault for a secret that need not exist."""
    from azure.keyvault.secrets import SecretClient  # noqa: PLC0415 - only where there is a vault

    options: dict[str, Any] = {}
    if settings.vault_ca_file is not None:
        # A vault with an authority of its own is not at an address of Azure's.
        options = {"connection_verify": str(settings.vault_ca_file), "verify_challenge_resource": False}
    client = SecretClient(
        settings.vault_url, process.credential(settings), retry_total=0, connection_timeout=_REQUEST_TIMEOUT_S, **options
    )
    with client:
        try:
            client.get_secret(_SECRET_NAME)
        except ResourceNotFoundError:
            pass
        except ClientAuthenticationError as error:
            raise LegBrokenError("The Key Vault did not accept this process's token.", next_step=_VAULT_ROLE) from error
        except HttpResponseError as error:
            if error.status_code != 403:
                raise
            raise LegBrokenError("The Key Vault does not let this identity read secrets.", next_step=_VAULT_ROLE) from error
    return "secrets may be read"


_VAULT_ROLE = "Give the managed identity Key Vault Secrets Officer, and allow this network in the vault's firewall."


def reach_management(settings: Settings) -> str:
    """Ask Azure Resource Manager without a token: that it refuses shows that it can be reached, and is who it should be."""
    url = settings.azure_management_url
    path = "/subscriptions?api-version=2022-12-01"
    answer = web.get(url + path, timeout_s=_REQUEST_TIMEOUT_S, ca_file=settings.azure_management_ca_file)
    if answer.status != 401:
        raise LegBrokenError(
            f"Azure Resource Manager did not ask for a token (status {answer.status}): is it who answers there?",
            next_step="Check AZURE_MANAGEMENT_URL, and whether a proxy answers instead.",
        )
    return f"{url}: answers, and asks for a token"


def discover_identity_provider(settings: Settings) -> str:
    """Read the provider's OpenID configuration and check that it speaks of itself by the configured name."""
    issuer = settings.oidc_issuer.rstrip("/")
    answer = web.get(f"{issuer}/.well-known/openid-configuration", timeout_s=_REQUEST_TIMEOUT_S)
    document = answer.json()
    said = document.get("issuer") if isinstance(document, dict) else None
    if answer.status != 200 or said is None or str(said).rstrip("/") != issuer:
        raise LegBrokenError(
            f"The identity provider did not describe itself (status {answer.status}, issuer {said or 'not named'}).",
            next_step="Let OIDC_ISSUER be exactly the issuer that the provider's OpenID configuration names.",
        )
    return issuer


def compare_clocks(settings: Settings) -> str:
    """Compare our clock with that of Blob storage, to about a second."""

    def now() -> float:
        # Unsigned: the answer is a refusal, and refusals carry the date as well.
        answer = web.get(settings.storage_account_url, timeout_s=_REQUEST_TIMEOUT_S, ca_file=settings.storage_ca_file)
        # The header is cut to whole seconds: half of one is the best guess for what was lost.
        return parsedate_to_datetime(answer.headers["date"]).timestamp() + 0.5

    return clock.judge(clock.read(now), "Blob storage")
