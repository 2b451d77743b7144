"""Why Microsoft Entra refuses a sign-in, in plain sentences: its AADSTS codes and what to do about each.

The codes are those of "Microsoft Entra authentication and authorization error codes"
(learn.microsoft.com/entra/identity-platform/reference-error-codes) that an application can meet. Several codes mean the same
to whoever has to act, so they share a sentence.
"""

import re
from dataclasses import dataclass

_CODE = re.compile(r"AADSTS(\d{4,8})")
_NO_IDENTITY = re.compile(r"unavailable|endpoint found|configuration not found")
_LOOK_UP = "https://login.microsoftonline.com/error?code="


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason, as people read it."""

    reason: str
    """Stable and machine-readable."""
    sentence: str
    next_step: str
    passing: bool = False
    """Whether it goes away by itself: Entra is there and cannot for now."""
    throttled: bool = False


WRONG_DIRECTORY = Refusal(
    "directory_not_found",
    "There is no Entra directory with this id.",
    "Correct the directory (tenant) id: the Azure portal shows it under Microsoft Entra ID, Overview.",
)
APPLICATION_NOT_FOUND = Refusal(
    "application_not_found",
    "The application does not exist in this directory.",
    "Check the application (client) id and the directory id. An application of another directory needs the consent of an "
    "administrator of this one before it exists here.",
)
APPLICATION_DISABLED = Refusal(
    "application_disabled",
    "The application is disabled in this directory.",
    "Let an administrator enable it: Entra ID, Enterprise applications, the application, Properties, Enabled for users to "
    "sign in.",
)
SECRET_WRONG = Refusal(
    "secret_wrong",
    "The client secret is not one of this application.",
    "Send the secret's value, not its id: the portal shows it once, when the secret is made. Make a new one if it was not "
    "kept.",
)
SECRET_EXPIRED = Refusal(
    "secret_expired",
    "The client secret has expired.",
    "Make a new secret in Entra ID, App registrations, Certificates & secrets, and change the connection to it.",
)
CERTIFICATE_NOT_REGISTERED = Refusal(
    "certificate_not_registered",
    "The certificate is not registered with this application, or has expired there.",
    "Upload the public part of this very certificate in Entra ID, App registrations, Certificates & secrets; the connection "
    "shows its thumbprint.",
)
CREDENTIAL_KIND = Refusal(
    "credential_kind_wrong",
    "The application does not accept this way of signing in.",
    "In App registrations, Authentication, let the application not be a public client, and add a secret, a certificate or a "
    "federated credential to it.",
)
ASSERTION_TIME = Refusal(
    "clock_wrong",
    "The proof of the sign-in was not within its time.",
    "Set the clock of the machine that runs this service; a few minutes' difference are too much.",
)
FEDERATION_MISMATCH = Refusal(
    "federated_credential_mismatch",
    "No federated credential of the application matches this installation's identity.",
    "Compare issuer, subject (case counts) and audience of the application's federated credential with those that "
    "docs/connections.md lists for this installation.",
)
FEDERATION_ACROSS = Refusal(
    "federated_credential_elsewhere",
    "An application cannot trust an identity of another directory.",
    "Register the application, for accounts in any directory, in the directory of this installation's identity, add the "
    "federated credential there, and let an administrator of this directory consent to it.",
)
CONSENT_MISSING = Refusal(
    "consent_missing",
    "An administrator of this directory has not consented to the application.",
    "Let an administrator grant consent: Entra ID, Enterprise applications, the application, Permissions.",
)
CONDITIONAL_ACCESS = Refusal(
    "conditional_access",
    "A Conditional Access policy of the directory blocks the sign-in.",
    "Let an administrator of the directory exempt the application, or allow the addresses this service calls from; the "
    "sign-in log of the directory names the policy.",
)
TENANT_RESTRICTIONS = Refusal(
    "tenant_restricted",
    "The network or the directory does not allow access to this directory.",
    "Ask those who run the network about tenant restrictions, and the directory's administrator about cross-tenant access.",
)
RESOURCE_DISABLED = Refusal(
    "azure_not_enabled",
    "Azure Resource Manager is not available in this directory.",
    "Check that the directory has an Azure subscription and that the service principal Windows Azure Service Management "
    "API is enabled in it.",
)
WRONG_CLOUD = Refusal(
    "cloud_wrong",
    "The directory belongs to another Azure cloud.",
    "Set AZURE_AUTHORITY_HOST to the cloud of the directory; one installation serves one cloud.",
)
ROLE_NOT_ASSIGNED = Refusal(
    "assignment_missing",
    "The directory lets this application in only where it is assigned.",
    "Let an administrator assign it: Entra ID, Enterprise applications, the application, Users and groups.",
)
REQUEST_INVALID = Refusal(
    "sign_in_invalid",
    "Entra did not accept the sign-in as it was sent.",
    "Check the ids of the connection; if they are right, report the AADSTS code in the connection's last test.",
)
RISK = Refusal(
    "identity_at_risk",
    "The directory has blocked the application because it was found at risk.",
    "Let an administrator look at Entra ID Protection, Risky workload identities, and dismiss or remedy the risk.",
)
BUSY = Refusal(
    "entra_throttled", "Entra asked for fewer sign-ins.", "Nothing has to be done: it is tried again.", throttled=True
)
AWAY = Refusal(
    "entra_unavailable", "Entra could not answer for now.", "Nothing has to be done: it is tried again.", passing=True
)
IDENTITY_MISSING = Refusal(
    "managed_identity_missing",
    "This installation has no managed identity, or not the one that its settings name.",
    "Assign the identity to the front and the workers, and let AZURE_CLIENT_ID name it.",
)
IDENTITY_SILENT = Refusal(
    "managed_identity_silent",
    "This installation's managed identity could not be asked for now.",
    "Nothing has to be done: it is tried again. If it stays, assign the identity to the front and the workers.",
    passing=True,
)
TOKEN_DIRECTORY = Refusal(
    "directory_wrong",
    "The subscriptions belong to another directory than the connection signs in to.",
    "Correct the directory id of the connection.",
)
UNKNOWN = Refusal(
    "sign_in_refused",
    "Microsoft Entra ID refused the sign-in and gave no reason that is known here.",
    "Test the connection again; if it stays, look at the sign-in log of the directory (Service principal sign-ins).",
)
TOKEN_REFUSED = Refusal(
    "token_refused",
    "Azure did not accept the connection's token.",
    "Test the connection again; if it stays, check the clock of the machine that runs this service.",
)

BY_CODE: dict[int, Refusal] = {
    code: refusal
    for refusal, codes in (
        (WRONG_DIRECTORY, (90002, 90019, 900021, 900023, 50049, 50059, 50128)),
        (APPLICATION_NOT_FOUND, (700016, 700011, 700038, 7000229)),
        (APPLICATION_DISABLED, (7000112, 70001, 1000031)),
        (SECRET_WRONG, (7000215, 70002)),
        (SECRET_EXPIRED, (7000222,)),
        (CERTIFICATE_NOT_REGISTERED, (700027, 700030, 50006, 50012)),
        (CREDENTIAL_KIND, (7000216, 7000218, 700025)),
        (ASSERTION_TIME, (700024, 500133)),
        (FEDERATION_MISMATCH, (70021, 70025, 700021, 700211, 700212, 700213, 700229, 7002137, 7002138)),
        (FEDERATION_ACROSS, (700236,)),
        (CONSENT_MISSING, (65001, 65004, 650056, 90008, 90094, 90095, 90099)),
        (CONDITIONAL_ACCESS, (50131, 53000, 53001, 53002, 53003, 530032, 530035)),
        (RISK, (53011, 530034)),
        (TENANT_RESTRICTIONS, (50002, 500021, 500022, 500212, 500213)),
        (RESOURCE_DISABLED, (50001, 500011, 500014, 650052, 650054, 650057)),
        (WRONG_CLOUD, (90038, 90051, 900382, 900432, 1000104)),
        (ROLE_NOT_ASSIGNED, (50105, 501051)),
        (REQUEST_INVALID, (28002, 70011, 700022, 700023, 90004, 90013, 90014, 90023, 90100, 900144, 1002012, 9002313)),
        (BUSY, (50196, 90055)),
        (AWAY, (50000, 50033, 90006, 90012, 90024, 90033, 90036, 90090, 90091)),
    )
    for code in codes
}


def found_in(text: str) -> Refusal | None:
    """Return the reason that an error's text gives, ``None`` where it gives none; unknown codes get a sentence too."""
    if match := _CODE.search(text):
        code = int(match[1])
        found = BY_CODE.get(code, _of_unknown_code(code))
        return Refusal(found.reason, f"{found.sentence} (AADSTS{code})", found.next_step, found.passing, found.throttled)
    if "Unable to get authority configuration" in text or "tenant_discovery" in text:
        return WRONG_DIRECTORY
    if "Identity not found" in text:
        return IDENTITY_MISSING
    if "no response from the IMDS endpoint" in text:
        return IDENTITY_SILENT
    # "ManagedIdentityCredential authentication unavailable", "App Service managed identity configuration not found" …
    if "managedidentity" in text.lower().replace(" ", "") and _NO_IDENTITY.search(text):
        return IDENTITY_MISSING
    return None


def of_token(code: str) -> Refusal:
    """Return why Azure Resource Manager answered 401, by the ``code`` of its answer."""
    return TOKEN_DIRECTORY if code == "InvalidAuthenticationTokenTenant" else TOKEN_REFUSED


def _of_unknown_code(code: int) -> Refusal:
    return Refusal(
        "sign_in_refused",
        "Microsoft Entra ID refused the sign-in for a reason that is not known here.",
        f"{_LOOK_UP}{code} explains the code.",
    )
