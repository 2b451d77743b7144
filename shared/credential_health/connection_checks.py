"""Azure connections as credentials: one test of the connection, in the words of their health."""

from shared.azure import sign_in_refusals
from shared.azure.errors import AzurePermissionError
from shared.connections.examining import Examination
from shared.credential_health.states import Finding, HealthState
from shared.vault import SecretMissingError

# Of the machine that runs this, or of the way to Azure; nobody should make a new secret for it.
_NOT_THE_CREDENTIAL = frozenset(
    refusal.reason
    for refusal in (
        *(sign_in_refusals.ASSERTION_TIME, sign_in_refusals.WRONG_CLOUD, sign_in_refusals.IDENTITY_MISSING),
        *(sign_in_refusals.BUSY, sign_in_refusals.AWAY, sign_in_refusals.TOKEN_REFUSED),
    )
)
_REASONS = frozenset(
    {refusal.reason for refusal in sign_in_refusals.BY_CODE.values()}
    | {sign_in_refusals.UNKNOWN.reason, sign_in_refusals.TOKEN_DIRECTORY.reason, SecretMissingError.code}
)
# Entra or Azure knows the credential and lets it in no further; in words where no action has a name.
_WHAT_IS_MISSING: dict[str, tuple[str, ...]] = {
    sign_in_refusals.CONSENT_MISSING.reason: ("admin consent",),
    sign_in_refusals.ROLE_NOT_ASSIGNED.reason: ("app assignment",),
    "no_subscriptions": ("Microsoft.Resources/subscriptions/read",),
    "permission_missing": (),
    AzurePermissionError.code: (),
}


def finding_of(examination: Examination) -> Finding:
    """Return what a test of a connection says of its credential."""
    result = examination.result
    if result.success:
        return Finding.healthy(result.message)
    code = result.error_code or "failed"
    state = _state_of(code) if examination.is_conclusive else HealthState.UNREACHABLE
    if state is HealthState.UNREACHABLE:
        return Finding.unreachable(code, result.message, result.next_step)
    missing = result.missing_permissions or _WHAT_IS_MISSING.get(code, ())
    return Finding(state, code, result.message, result.next_step, missing_permissions=missing)


def _state_of(code: str) -> HealthState:
    if code in _NOT_THE_CREDENTIAL:
        return HealthState.UNREACHABLE
    if code == sign_in_refusals.SECRET_EXPIRED.reason:
        return HealthState.EXPIRED
    if code in _WHAT_IS_MISSING:
        return HealthState.INSUFFICIENT
    # Else Azure did not take the request as it was, or a store does not open: no word about the credential.
    return HealthState.INVALID if code in _REASONS else HealthState.UNREACHABLE
