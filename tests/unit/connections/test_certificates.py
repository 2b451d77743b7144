"""Certificates are checked as they arrive: with their key, of the right kind, in their time."""

import contextlib
from base64 import b64decode, b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from textwrap import wrap
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.connections import certificates, key_opening, key_turns, stretching
from shared.connections.certificates import MAX_CHARS, CertificateInvalidError, read
from shared.connections.key_turns import KeysBusyError, KeyTurns
from shared.identifiers import new_id
from tests.generators.certificates import NOW, OTHER_KEY, certificate, pem, pfx
from tests.integration.jobs.waiting import PATIENCE_S, until

KINDS = (pem(certificate()), pem(certificate(), password=b"open sesame"), pfx(certificate(), b"open sesame"))


@pytest.mark.parametrize(
    ("given", "password"),
    [
        (pem(certificate()), None),
        (pem(certificate(), password=b"open sesame"), "open sesame"),
        (pem(certificate(OTHER_KEY), None) + pem(certificate()), None),
        (pfx(certificate()), None),
        (pfx(certificate(), b"open sesame"), "open sesame"),
        ("\n".join(wrap(pfx(certificate()), 64)), None),
    ],
    ids=["PEM", "locked PEM", "PEM with a chain", "PKCS 12", "locked PKCS 12", "PKCS 12 in lines"],
)
def test_a_certificate_with_its_key_is_taken(given: str, password: str | None) -> None:
    found = read(given, password, now=NOW)
    assert found.thumbprint == certificate().fingerprint(hashes.SHA1()).hex().upper()
    assert found.expires_at == NOW + timedelta(days=364)
    assert found.pem.startswith("-----BEGIN PRIVATE KEY-----")
    assert "PRIVATE KEY" not in repr(found)
    assert read(found.pem, None, now=NOW) == found, "what is kept can be read again"


@pytest.mark.parametrize(
    ("given", "password", "message"),
    [
        ("hunter2!", None, "neither PEM text nor base64"),
        ("aHVudGVyMg==", None, "without its password, or is damaged"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", None, "no certificate that can be read"),
        (pem(certificate(), None), None, "The private key is missing"),
        (pem(certificate(), OTHER_KEY), None, "does not belong to the certificate"),
        (pem(certificate(), password=b"open sesame"), None, "without its password"),
        (pem(certificate(), password=b"open sesame"), "wrong", "does not open"),
        (pfx(certificate(), b"open sesame"), "wrong", "does not open"),
        (pem(certificate(), password=b"open sesame"), "open\0sesame", "no password has"),
        (pfx(certificate(), b"open sesame"), "é" * 1000, "does not open"),
        (pem(certificate(days=1, begins=timedelta(days=-2))), None, "expired on 2026-11-25"),
        (pem(certificate(begins=timedelta(days=2))), None, "only from 2026-11-28"),
        ("x" * (MAX_CHARS + 1), None, "longer than"),
        (pem(certificate(), None) + "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", None, "damaged"),
    ],
)
def test_anything_else_is_refused_and_not_repeated(given: str, password: str | None, message: str) -> None:
    with pytest.raises(CertificateInvalidError, match=message) as refused:
        read(given, password, now=NOW)
    assert refused.value.next_step
    assert "hunter2" not in refused.value.message


@pytest.mark.parametrize("kind", [1, 2], ids=["PEM", "PKCS 12"])
def test_a_key_that_would_take_minutes_to_open_is_refused_unopened(kind: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = stretching.rounds_in(
        b64decode(KINDS[kind] if kind == 2 else KINDS[kind].partition("ENCRYPTED")[2].split("-----")[1])
    )
    assert 2_000 < rounds < stretching.MOST_ROUNDS
    monkeypatch.setattr(stretching, "MOST_ROUNDS", rounds - 1)
    with pytest.raises(CertificateInvalidError, match=f"more than {rounds - 1:,} rounds"):
        read(KINDS[kind], "open sesame", now=NOW)


def _of_mersenne_primes(*exponents: int) -> str:
    """Return a key of primes that everybody knows: it takes nothing to make, and minutes to see that it is one."""
    p, q = (2**exponent - 1 for exponent in exponents)
    d = pow(65537, -1, (p - 1) * (q - 1))
    numbers = (0, p * q, 65537, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
    body = b"".join(_der(2, one.to_bytes(one.bit_length() // 8 + 1, "big")) for one in numbers)
    text = "\n".join(wrap(b64encode(_der(0x30, body)).decode(), 64))
    return f"-----BEGIN RSA PRIVATE KEY-----\n{text}\n-----END RSA PRIVATE KEY-----\n"


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    long = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, size] if size < 128 else [tag, 0x80 + len(long), *long]) + content


def test_a_key_that_takes_minutes_to_look_at_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_opening, "PROCESSOR_S", 1)
    with pytest.raises(CertificateInvalidError, match="could not be opened within 1 seconds"):
        read(pem(certificate(), None) + _of_mersenne_primes(9941, 11213), None, now=NOW)


def _stretched_by_scrypt(cost: int) -> str:
    """Return a key that is locked so that a gigabyte and more is needed to open it."""
    pbes2, scrypt, aes = (bytes.fromhex(one) for one in ("2a864886f70d01050d", "2b06010401da47040b", "60864801650304012a"))
    salt, vector = _der(4, bytes(16)), _der(4, bytes(16))
    numbers = b"".join(_der(2, one.to_bytes(one.bit_length() // 8 + 1, "big")) for one in (cost, 8, 1))
    by = _der(0x30, _der(6, scrypt) + _der(0x30, salt + numbers)) + _der(0x30, _der(6, aes) + vector)
    body = _der(0x30, _der(0x30, _der(6, pbes2) + _der(0x30, by)) + _der(4, bytes(64)))
    text = "\n".join(wrap(b64encode(body).decode(), 64))
    return f"-----BEGIN ENCRYPTED PRIVATE KEY-----\n{text}\n-----END ENCRYPTED PRIVATE KEY-----\n"


def test_a_key_that_takes_more_memory_than_there_is_is_not_called_a_wrong_password() -> None:
    with pytest.raises(CertificateInvalidError, match="too much memory"):
        read(pem(certificate(), None) + _stretched_by_scrypt(2**20), "open sesame", now=NOW)


@pytest.mark.parametrize(
    ("signal", "expected", "message"),
    [("SIGSEGV", CertificateInvalidError, "of a form that no program writes"), ("SIGKILL", KeysBusyError, "too busy")],
)
def test_a_process_that_falls_over_a_key_is_not_called_slow(
    signal: str, expected: type[Exception], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = tmp_path / "child.py"
    child.write_text(f"import os, signal, sys\nsys.stdin.read()\nos.kill(os.getpid(), signal.{signal})\n")
    monkeypatch.setattr(key_opening, "_CHILD", child)
    with pytest.raises(expected, match=message):
        read(pem(certificate()), None, now=NOW)


def test_whoever_finds_all_turns_taken_may_come_back_and_is_not_told_that_the_key_is_slow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours, theirs, third = new_id(), new_id(), new_id()
    monkeypatch.setattr(key_turns, "PATIENCE_S", 0.05)
    with key_opening.turns.held(theirs):
        with pytest.raises(KeysBusyError) as busy, key_opening.turns.held(theirs):
            pass
        assert (busy.value.code, busy.value.retryable) == ("keys_busy", True)
        assert read(pem(certificate()), None, holder=ours, now=NOW), "one tenant cannot take both turns"
        with key_opening.turns.held(third), pytest.raises(KeysBusyError):
            read(pem(certificate()), None, holder=ours, now=NOW)
    assert read(pem(certificate()), None, holder=theirs, now=NOW)


def test_few_wait_for_a_turn_and_fewer_of_one_holder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_turns, "PATIENCE_S", PATIENCE_S)
    turns, mine, yours = KeyTurns(), new_id(), new_id()

    def take(holder: UUID) -> None:
        with turns.held(holder):
            pass

    with ThreadPoolExecutor(10) as pool:
        with turns.held(mine):
            waiting = [pool.submit(take, mine) for _ in range(3)]
            until(lambda: turns.in_line == 3 or None, "three to be in line")
            with pytest.raises(KeysBusyError):
                take(mine)
            take(yours)
        assert [one.result() for one in waiting] == [None] * 3, "those in line had their turns"
        assert turns.in_line == 0


def test_only_rsa_keys_sign_in_to_entra() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(CertificateInvalidError, match="not an RSA key"):
        read(pem(certificate(key), key), None, now=NOW)


def test_what_is_kept_fits_into_a_vault() -> None:
    big = rsa.generate_private_key(65537, 3072)
    chain = "".join(pem(certificate(), None) for _ in range(certificates._MOST_CERTIFICATES - 1))
    assert len(read(pem(certificate(big), big) + chain, None, now=NOW).pem) < 25 * 1024


@given(
    st.sampled_from((0, 1, 2)), st.lists(st.tuples(st.floats(0, 1), st.text(max_size=30), st.integers(0, 200)), max_size=6)
)
@settings(max_examples=30)
def test_whatever_is_sent_is_read_or_refused(which: int, damage: list[tuple[float, str, int]]) -> None:
    text = KINDS[which]
    for place, inserted, removed in damage:
        at = round(place * len(text))
        text = text[:at] + inserted + text[at + removed :]
    with contextlib.suppress(CertificateInvalidError):
        read(text, "open sesame", now=NOW)
