"""AADSTS codes become sentences with a next step, and the three families of errors are told apart."""

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.identity import CredentialUnavailableError

from shared.azure import errors, sign_in_refusals
from shared.azure.errors import error_of, refusal_of, sign_in_error


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (90002, "directory_not_found"),
        (700016, "application_not_found"),
        (7000229, "application_not_found"),
        (7000112, "application_disabled"),
        (7000215, "secret_wrong"),
        (7000222, "secret_expired"),
        (700027, "certificate_not_registered"),
        (7000218, "credential_kind_wrong"),
        (700024, "clock_wrong"),
        (70021, "federated_credential_mismatch"),
        (700211, "federated_credential_mismatch"),
        (700212, "federated_credential_mismatch"),
        (700213, "federated_credential_mismatch"),
        (7002138, "federated_credential_mismatch"),
        (700236, "federated_credential_elsewhere"),
        (65001, "consent_missing"),
        (53003, "conditional_access"),
        (500021, "tenant_restricted"),
        (500011, "azure_not_enabled"),
        (50105, "assignment_missing"),
    ],
)
def test_a_code_is_told_in_a_sentence(code: int, reason: str) -> None:
    error = sign_in_error(ClientAuthenticationError(f"Authentication failed: AADSTS{code}: Whatever. Trace ID: 0"))
    assert isinstance(error, errors.AzureAuthenticationError)
    assert (error.reason, error.retryable) == (reason, False)
    assert f"AADSTS{code}" in error.message
    assert "Whatever" not in error.message


@pytest.mark.parametrize("refusal", dict.fromkeys(sign_in_refusals.BY_CODE.values()), ids=lambda refusal: refusal.reason)
def test_every_reason_says_what_happened_and_what_to_do(refusal: sign_in_refusals.Refusal) -> None:
    assert refusal.sentence.endswith(".")
    assert refusal.next_step.endswith(".")
    assert "AADSTS" not in refusal.sentence


def test_an_unknown_code_is_told_as_well() -> None:
    error = sign_in_error(ClientAuthenticationError("AADSTS987654: Something new, with secret=abcdefgh"))
    assert isinstance(error, errors.AzureAuthenticationError)
    assert (error.reason, "AADSTS987654" in error.message) == ("sign_in_refused", True)
    assert "987654 explains" in error.next_step
    assert "abcdefgh" not in error.message + error.next_step


def test_an_error_without_a_code_is_not_repeated() -> None:
    error = sign_in_error(ValueError("client_secret=abcdefgh"))
    assert isinstance(error, errors.AzureAuthenticationError)
    assert "abcdefgh" not in error.message + error.next_step


@pytest.mark.parametrize("code", [50196, 90055])
def test_throttling_is_tried_again(code: int) -> None:
    error = sign_in_error(ClientAuthenticationError(f"AADSTS{code}: Too many."))
    assert isinstance(error, errors.AzureThrottledError)
    assert error.retryable


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (
            "ManagedIdentityCredential authentication unavailable. No identity has been assigned to this resource.",
            "managed_identity_missing",
        ),
        (
            "No managed identity endpoint found. \nThe Target Azure platform could not be determined.",
            "managed_identity_missing",
        ),
        ("App Service managed identity configuration not found in environment. ", "managed_identity_missing"),
        (
            "ManagedIdentityCredential authentication unavailable, no response from the IMDS endpoint. Identity not found",
            "managed_identity_missing",
        ),
        ("ManagedIdentityCredential authentication unavailable, no response from the IMDS endpoint.", None),
    ],
)
def test_an_identity_of_this_installation_that_is_away_is_not_taken_for_a_refusal(told: str, reason: str | None) -> None:
    error = sign_in_error(CredentialUnavailableError(told))
    if reason is None:
        assert isinstance(error, errors.AzureServiceError)
        assert error.retryable
    else:
        assert isinstance(error, errors.AzureAuthenticationError)
        assert error.reason == reason


@pytest.mark.parametrize("code", ["", "AADSTS987654: Something new."])
def test_whatever_entra_says_with_a_server_s_error_is_no_refusal(code: str) -> None:
    error = sign_in_error(ClientAuthenticationError(f"{code} HTTP Error: 503"))
    assert isinstance(error, errors.AzureServiceError)
    assert error.status == 503


def test_an_entra_that_cannot_for_now_is_tried_again() -> None:
    error = sign_in_error(ClientAuthenticationError("AADSTS90033: A transient error occurred."))
    assert isinstance(error, errors.AzureServiceError)
    assert error.family == "service"


@pytest.mark.parametrize("given", [ServiceRequestError("no route"), ServiceResponseError("cut")])
def test_a_network_that_fails_is_tried_again(given: Exception) -> None:
    for error in (sign_in_error(given), error_of(given, asked_for="list")):  # type: ignore[arg-type]
        assert isinstance(error, errors.AzureNetworkError)
        assert (error.retryable, error.family) == (True, "network")


def test_the_reason_is_found_behind_other_errors() -> None:
    try:
        try:
            raise ClientAuthenticationError("AADSTS7000222: expired")
        except ClientAuthenticationError as cause:
            raise RuntimeError("no token") from cause
    except RuntimeError as error:
        found = sign_in_error(error)
    assert isinstance(found, errors.AzureAuthenticationError)
    assert found.reason == "secret_expired"


def test_a_missing_permission_names_action_and_scope() -> None:
    body = {
        "error": {
            "code": "AuthorizationFailed",
            "message": "The client 'x' with object id 'y' does not have authorization to perform action "
            "'Microsoft.Advisor/recommendations/read' over scope '/subscriptions/s' or the scope is invalid.",
        }
    }
    error = refusal_of(403, body, asked_for="list recommendations")
    assert isinstance(error, errors.AzurePermissionError)
    assert (error.action, error.scope) == ("Microsoft.Advisor/recommendations/read", "/subscriptions/s")
    assert "Reader" in error.next_step


@pytest.mark.parametrize(
    ("status", "code", "kind", "retryable"),
    [
        (401, "InvalidAuthenticationTokenTenant", errors.AzureAuthenticationError, False),
        (403, "", errors.AzurePermissionError, False),
        (404, "SubscriptionNotFound", errors.AzureRefusedError, False),
        (400, "BadRequest", errors.AzureRefusedError, False),
        (429, "", errors.AzureThrottledError, True),
        (400, "RateLimiting", errors.AzureThrottledError, True),
        (408, "", errors.AzureServiceError, True),
        (503, "", errors.AzureServiceError, True),
    ],
)
def test_an_answer_belongs_to_one_family(status: int, code: str, kind: type[errors.AzureCallError], retryable: bool) -> None:
    error = refusal_of(status, {"error": {"code": code, "message": "m"}}, asked_for="list the subscriptions")
    assert type(error) is kind
    assert error.retryable is retryable


@pytest.mark.parametrize("body", [None, [], "", {"error": "x"}, {"error": {"code": None}}])
def test_answers_of_any_shape_are_told(body: object) -> None:
    assert refusal_of(500, body, asked_for="list").message
    assert refusal_of(400, body, asked_for="list").message


def test_an_error_without_an_answer_is_the_network_s() -> None:
    assert isinstance(error_of(HttpResponseError("cut"), asked_for="list"), errors.AzureNetworkError)
