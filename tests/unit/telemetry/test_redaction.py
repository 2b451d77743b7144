"""No secret gets past redaction, and nothing else is harmed by it."""

import json
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from shared.telemetry import redaction
from shared.telemetry.redaction import MARK, redact, redact_error, redact_value

JWT = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL3N0b3JhZ2UifQ.c2lnbmF0dXJl-_abc"
CANARY = "Canary1234567890abcdef"

LEAKS = {
    "a bearer token": f"Authorization: Bearer {CANARY}",
    "a header in a dict": str({"Authorization": f"Basic {CANARY}=="}),
    "a header in JSON": json.dumps({"authorization": f"Bearer {CANARY}"}),
    "a header in JSON in JSON": json.dumps(json.dumps({"authorization": f"Bearer {CANARY}"})),
    "a header as ASGI has it": str([(b"authorization", f"Bearer {CANARY}".encode())]),
    "a cookie": f"Cookie: session={CANARY}; other=1",
    "the header of a managed identity": f"X-IDENTITY-HEADER: {CANARY}",
    "a link's signature": f"https://a.blob.core.windows.net/c/b?sv=2024-11-04&sig={CANARY}%3D&se=2026",
    "a signature within an encoded address": f"next=https%3A%2F%2Fa%3Fsv%3D1%26sig%3D{CANARY}%26se%3D2",
    "an account key": f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={CANARY}/+==;EndpointSuffix=x",
    "a shared access key": f"Endpoint=sb://a/;SharedAccessKeyName=n;SharedAccessKey={CANARY}=",
    "a connection string of a database": f"Server=a;Database=b;User Id=c;Password={CANARY};",
    "a connection string of libpq": f"host=a user=b password={CANARY} dbname=c",
    "a quoted password with blanks": f"password='{CANARY} and more'",
    "a password in JSON": json.dumps({"password": f'{CANARY}, "quoted"'}),
    "an address with a password": f"postgresql+psycopg://user:{CANARY}@host:5432/db",
    "an address with a strange password": f"redis://:{CANARY}:@x!@host:6379/0",
    "a webhook's secret": f"whsec_{CANARY}",
    "an API key": f"aar_{CANARY}",
    "a client secret in a form": f"grant_type=client_credentials&client_secret={CANARY}~x&scope=y",
    "an answer of the identity service": json.dumps({"access_token": CANARY, "expires_on": "1"}),
    "the key of a function": f"https://app.azurewebsites.net/api/x?code={CANARY}==",
    "a private key": f"-----BEGIN RSA PRIVATE KEY-----\n{CANARY}\n-----END RSA PRIVATE KEY-----",
    "a private key on one line": f"-----BEGIN PRIVATE KEY-----\\n{CANARY}\\n-----END PRIVATE KEY-----",
    "a private key cut off": f"-----BEGIN EC PRIVATE KEY-----\n{CANARY}",
}


@pytest.mark.parametrize("text", LEAKS.values(), ids=LEAKS.keys())
def test_no_form_of_a_secret_gets_past(text: str) -> None:
    redacted = redact(f"before {text} after")
    assert CANARY not in redacted
    assert MARK in redacted
    assert redacted.startswith("before ")


@pytest.mark.parametrize("text", LEAKS.values(), ids=LEAKS.keys())
def test_redacting_twice_is_redacting_once(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


def test_a_token_is_found_without_a_name_to_it() -> None:
    assert redact(f"got {JWT}, which is odd") == f"got {MARK}, which is odd"


@pytest.mark.parametrize(
    "text",
    [
        "A valid API key is needed. Send it as Authorization: Bearer aar_…; keys may expire or be revoked.",
        'connection failed: FATAL: password authentication failed for user "advisor_app"',
        "DB_PASSWORD is for local profiles; remove it, the managed identity signs in",
        "AZURE_CLIENT_SECRET is not set",
        "redis://127.0.0.1:6379/0",
        "https://account.blob.core.windows.net/advisor-reports?restype=container",
        "the secret of a good design is a sign of signals",
        "Enable soft delete for your Azure Key Vaults",
        "aar_AbC123",
    ],
)
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


@pytest.fixture
def own_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values registered by a test end with it."""
    monkeypatch.setattr(redaction, "_values", redaction._Values())


AWKWARD = 'p@ss/w"ö\\rd 1%&'


@pytest.mark.usefixtures("own_values")
@pytest.mark.parametrize(
    "spelled",
    [
        AWKWARD,
        quote(AWKWARD, safe=""),
        quote(AWKWARD, safe="").lower(),
        quote(AWKWARD),
        quote_plus(AWKWARD),
        json.dumps(AWKWARD),
        json.dumps(AWKWARD, ensure_ascii=False),
        repr(AWKWARD),
        repr(AWKWARD.encode()),
    ],
)
def test_a_registered_value_is_found_in_every_spelling(spelled: str) -> None:
    redaction.register(AWKWARD)
    assert redact(f"<{spelled}>").strip("<>\"'b") == MARK


@pytest.mark.usefixtures("own_values")
def test_settings_marked_secret_are_registered_by_value() -> None:
    class Settings(BaseModel):
        broker_url: SecretStr
        connection: SecretStr
        missing: SecretStr | None = None
        plain: str = "visible-value"

    redaction.register_secrets_of(
        Settings(
            broker_url=SecretStr("rediss://user:br%2Fkr-canary@host:1/0?credential=none&password=query-canary"),
            connection=SecretStr("InstrumentationKey=key-canary-1;IngestionEndpoint=https://host/"),
        )
    )
    shown = redact("br%2Fkr-canary br/kr-canary query-canary key-canary-1 visible-value host")
    assert shown == f"{MARK} {MARK} {MARK} {MARK} visible-value host"


@pytest.mark.usefixtures("own_values")
def test_what_the_platform_hands_over_is_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    class Settings(BaseModel):
        pass

    monkeypatch.setenv("IDENTITY_HEADER", "identity-canary")
    redaction.register_secrets_of(Settings())
    assert redact("X identity-canary X") == f"X {MARK} X"


@pytest.mark.usefixtures("own_values")
def test_short_values_do_not_blacken_the_log() -> None:
    redaction.register("app")
    assert redact("the app happens to work") == "the app happens to work"


def test_passing_secrets_are_hidden_while_they_are_new() -> None:
    first = "passing-secret-0000"
    redaction.register_passing(first)
    assert redact(f"sent {first} and {quote(first)}") == f"sent {MARK} and {MARK}"
    for number in range(1, 100):
        redaction.register_passing(f"passing-secret-{number:04}")
    assert redact(first) == first
    assert redact("passing-secret-0099") == MARK
    assert len(redaction._values._passing) <= 64


@pytest.mark.parametrize("word", ["connection", "database_unavailable", "tenant_id", "short-0001"])
def test_nobody_can_blacken_the_log_by_what_they_call_a_secret(word: str) -> None:
    redaction.register_passing(word)
    assert redact(f"action={word}") == f"action={word}"


def test_of_a_list_of_keys_each_is_hidden() -> None:
    keys = [f"{letter * 43}=" for letter in "QZ"]
    redaction.register(",".join(keys))
    assert redact(f"first {keys[0]} second {keys[1]}") == f"first {MARK} second {MARK}"


def test_structures_are_redacted_item_by_item() -> None:
    given = {
        "rows": 3,
        "nested": [{"url": "redis://:hidden123@h/0"}, (None, True)],
        "password": "anything",
        "headers": {"authorization": "anything"},
        b"raw": f"Bearer {CANARY}".encode(),
        "error": ValueError(f"aar_{CANARY}"),
    }
    assert redact_value(given) == {
        "rows": 3,
        "nested": [{"url": f"redis://:{MARK}@h/0"}, [None, True]],
        "password": MARK,
        "headers": {"authorization": MARK},
        b"raw": f"Bearer {MARK}",
        "error": f"ValueError: aar_{MARK}",
    }


def test_what_refers_to_itself_comes_to_an_end() -> None:
    endless: dict[str, object] = {"password": CANARY}
    endless["self"] = endless
    assert CANARY not in str(redact_value(endless))


class _SilentError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


class _Hostile:
    def __str__(self) -> str:
        raise RuntimeError("no words")


def test_what_cannot_be_looked_at_is_not_shown() -> None:
    assert redact_value(_Hostile()) == MARK
    assert redact_error(_SilentError()) == "_SilentError"


@given(st.text())
def test_any_text_is_redacted_once_and_for_all(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


@given(st.sampled_from(["password=", "sig=", "token: ", "x://u:", "Authorization: Bearer ", '"secret": "']), st.text())
def test_any_text_behind_a_name_is_redacted_once_and_for_all(name: str, text: str) -> None:
    once = redact(name + text)
    assert redact(once) == once


def test_long_texts_take_no_more_than_their_length() -> None:
    """No pattern may fall into trying all ways to read a text: that would let a file's content stop a worker."""
    for hostile in (
        "password=" * 20_000,
        "x://" + "a" * 200_000,
        "-----BEGIN PRIVATE KEY-----" * 5_000,
        "eyJaaaaaa." * 20_000,
        "a." * 100_000 + "://",
    ):
        began = time.process_time()
        redact(hostile)
        assert time.process_time() - began < 5, hostile[:30]
