"""Tokens are fetched rarely, renewed early, and outlive an identity service that is away."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from shared.identity.token_cache import CachingCredential, TokenUnavailableError

_SCOPE = "https://ossrdbms-aad.database.windows.net/.default"
_LIFETIME_S = 3600
_PATIENCE_S = 180.0


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class IdentityService:
    """Issues numbered tokens; can be away."""

    def __init__(self, clock: Clock, lifetime_s: float = _LIFETIME_S) -> None:
        self.clock, self.lifetime_s = clock, lifetime_s
        self.issued: list[tuple[str, ...]] = []
        self.away = False
        self.gate: threading.Event | None = None
        self.entered = threading.Event()

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        self.entered.set()
        if self.gate is not None:
            self.gate.wait(timeout=_PATIENCE_S)
        self.issued.append(scopes)
        if self.away:
            raise ClientAuthenticationError("connection refused")
        return AccessToken(f"token {len(self.issued)}", int(self.clock.now + self.lifetime_s))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(clock: Clock) -> IdentityService:
    return IdentityService(clock)


@pytest.fixture
def credential(service: IdentityService, clock: Clock) -> CachingCredential:
    return CachingCredential(service, clock=clock)


def test_a_token_is_fetched_once_and_served_from_memory(credential: CachingCredential, service: IdentityService) -> None:
    assert {credential.get_token(_SCOPE).token for _ in range(100)} == {"token 1"}
    assert len(service.issued) == 1


def test_each_scope_has_its_own_token(credential: CachingCredential, service: IdentityService) -> None:
    assert credential.get_token(_SCOPE).token != credential.get_token("https://storage.azure.com/.default").token
    assert len(service.issued) == 2


def test_a_token_is_renewed_before_it_expires(credential: CachingCredential, clock: Clock) -> None:
    credential.get_token(_SCOPE)
    clock.now += _LIFETIME_S - 299
    assert credential.get_token(_SCOPE).token == "token 2"


def test_tokens_of_seconds_are_renewed_within_their_life(clock: Clock) -> None:
    service = IdentityService(clock, lifetime_s=10)
    credential = CachingCredential(service, clock=clock)
    credential.get_token(_SCOPE)
    clock.now += 6
    assert credential.get_token(_SCOPE).token == "token 1"
    clock.now += 2.5
    assert credential.get_token(_SCOPE).token == "token 2"


def test_an_outage_shorter_than_the_token_costs_nothing(
    credential: CachingCredential, service: IdentityService, clock: Clock
) -> None:
    credential.get_token(_SCOPE)
    service.away = True
    clock.now += _LIFETIME_S - 200
    assert {credential.get_token(_SCOPE).token for _ in range(50)} == {"token 1"}
    assert len(service.issued) == 2, "after a failure the service is left alone for a while"
    status = credential.statuses()[0]
    assert status.is_valid
    assert status.refresh_failures == 1


def test_the_first_call_after_an_outage_renews(
    credential: CachingCredential, service: IdentityService, clock: Clock
) -> None:
    credential.get_token(_SCOPE)
    service.away = True
    clock.now += _LIFETIME_S - 200
    credential.get_token(_SCOPE)
    service.away = False
    clock.now += 30
    assert credential.get_token(_SCOPE).token == "token 3"


def test_an_outage_longer_than_the_token_is_said(
    credential: CachingCredential, service: IdentityService, clock: Clock
) -> None:
    credential.get_token(_SCOPE)
    service.away = True
    clock.now += _LIFETIME_S + 1
    with pytest.raises(TokenUnavailableError, match="connection refused") as caught:
        credential.get_token(_SCOPE)
    assert caught.value.next_step
    assert not credential.statuses()[0].is_valid


def test_threads_share_one_renewal(credential: CachingCredential, service: IdentityService, clock: Clock) -> None:
    credential.get_token(_SCOPE)
    clock.now += _LIFETIME_S - 100
    service.gate = threading.Event()
    with ThreadPoolExecutor(8) as threads:
        first = threads.submit(credential.get_token, _SCOPE)
        others = [threads.submit(credential.get_token, _SCOPE) for _ in range(7)]
        served_meanwhile = [future.result(timeout=_PATIENCE_S).token for future in others[:6]]
        service.gate.set()
        first.result(timeout=_PATIENCE_S)
    assert set(served_meanwhile) <= {"token 1", "token 2"}
    assert len(service.issued) == 2


def test_a_claims_challenge_goes_past_the_cache(credential: CachingCredential, service: IdentityService) -> None:
    credential.get_token(_SCOPE)
    assert credential.get_token(_SCOPE, claims="{}").token == "token 2"
    assert len(service.issued) == 2


def test_those_who_wait_share_one_failure(credential: CachingCredential, service: IdentityService) -> None:
    service.away, service.gate = True, threading.Event()
    with ThreadPoolExecutor(8) as threads:
        waiting = [threads.submit(credential.get_token, _SCOPE) for _ in range(8)]
        assert service.entered.wait(timeout=_PATIENCE_S)
        service.gate.set()
        failures = [future.exception(timeout=_PATIENCE_S) for future in waiting]
    assert all(isinstance(failure, TokenUnavailableError) for failure in failures)
    assert len(service.issued) < 8, "whoever came while it was asked did not ask again"


def test_a_slow_renewal_does_not_keep_anybody_waiting(
    credential: CachingCredential, service: IdentityService, clock: Clock
) -> None:
    credential.get_token(_SCOPE)
    clock.now += _LIFETIME_S - 100
    service.gate = threading.Event()
    assert credential.get_token(_SCOPE).token == "token 1"
    service.gate.set()


def test_a_refused_token_is_replaced(credential: CachingCredential, service: IdentityService) -> None:
    first = credential.get_token(_SCOPE)
    another = credential.another_token(_SCOPE, refused=first.token)
    assert another is not None
    assert another.token == credential.get_token(_SCOPE).token == "token 2"


def test_who_was_refused_late_gets_the_token_that_is_there_by_now(
    credential: CachingCredential, service: IdentityService
) -> None:
    first = credential.get_token(_SCOPE)
    credential.another_token(_SCOPE, refused=first.token)
    another = credential.another_token(_SCOPE, refused=first.token)
    assert another is not None
    assert another.token == "token 2"
    assert len(service.issued) == 2


def test_refused_token_is_replaced_also_past_a_cache_of_the_sdk(clock: Clock) -> None:
    class Caching:
        def get_token(self, *_: str, claims: str | None = None, **__: Any) -> AccessToken:
            return AccessToken("the old one" if claims is None else "a new one", int(clock.now + _LIFETIME_S))

    credential = CachingCredential(Caching(), clock=clock)
    another = credential.another_token(_SCOPE, refused=credential.get_token(_SCOPE).token)
    assert another is not None
    assert another.token == credential.get_token(_SCOPE).token == "a new one"


def test_where_there_is_no_other_token_the_refusal_stands(clock: Clock) -> None:
    class Stubborn:
        def get_token(self, *_: str, **__: Any) -> AccessToken:
            return AccessToken("the only one", int(clock.now + _LIFETIME_S))

    credential = CachingCredential(Stubborn(), clock=clock)
    token = credential.get_token(_SCOPE).token
    assert credential.another_token(_SCOPE, refused=token) is None


def test_a_last_second_counts_as_over(credential: CachingCredential, clock: Clock) -> None:
    credential.get_token(_SCOPE)
    clock.now += _LIFETIME_S - 0.5
    assert not credential.statuses()[0].is_valid
    assert credential.get_token(_SCOPE).token == "token 2"


def test_verifying_raises_only_where_no_token_is_valid(
    credential: CachingCredential, service: IdentityService, clock: Clock
) -> None:
    credential.verify()
    credential.get_token(_SCOPE)
    service.away = True
    credential.verify()
    clock.now += _LIFETIME_S
    with pytest.raises(TokenUnavailableError):
        credential.verify()
    assert not credential.statuses()[0].new_connections_succeed


def test_tokens_of_directories_are_kept_apart(credential: CachingCredential, service: IdentityService) -> None:
    assert credential.get_token(_SCOPE, tenant_id="a").token != credential.get_token(_SCOPE, tenant_id="b").token
    assert credential.get_token(_SCOPE, tenant_id="a", enable_cae=True).token == "token 3"
    assert credential.get_token(_SCOPE, tenant_id="a", enable_cae=True).token == "token 3"
