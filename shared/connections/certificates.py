"""Certificates as customers send them (PEM, or PKCS 12 in base64), checked on arrival and kept as one unencrypted PEM."""

import binascii
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.x509 import Certificate, load_pem_x509_certificate, load_pem_x509_certificates

from shared.connections import key_opening, stretching
from shared.connections.key_opening import KeyRefusedError, OpenedKey
from shared.errors import InvalidRequestError

# A vault's secret holds 25 kB; a key of 4096 bits with a chain of three certificates is some 10 kB.
MAX_CHARS = 24_000
_LEAST_KEY_BITS = 2048
_MOST_KEY_BITS = 8192
_MOST_CERTIFICATES = 10
_PEM = "-----BEGIN "
_EXPORT_AGAIN = "Export it again with the usual settings, or without a password: it travels encrypted all the same."
# What is wrong with a key that was not opened, and what to do about it.
_REASONS = {
    "no_key": ("The private key is missing.", ""),
    "not_rsa": (
        "The private key is not an RSA key.",
        "Make a certificate with an RSA key of 2048 bits or more: Entra takes no other for applications.",
    ),
    "unsupported": ("The private key is of a kind that is not supported.", ""),
    "memory": ("The private key is locked so that too much memory is needed to open it.", _EXPORT_AGAIN),
    "broken": ("The private key cannot be read: it is damaged, or of a form that no program writes.", _EXPORT_AGAIN),
}


class CertificateInvalidError(InvalidRequestError):
    """What was sent cannot be signed in with."""

    code = "certificate_invalid"

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(
            message,
            next_step=next_step
            or "Send the certificate with its private key: as PEM text, or as a PKCS 12 file (.pfx) encoded in base64.",
        )


@dataclass(frozen=True, slots=True)
class SigningCertificate:
    """A certificate with its key, fit to sign in with."""

    pem: str = field(repr=False)
    """Private key, then the certificate, then its chain."""
    thumbprint: str
    """SHA-1 in hexadecimal, in upper case, as the portal shows it."""
    expires_at: datetime


def read(given: str, password: str | None, *, holder: UUID | None = None, now: datetime | None = None) -> SigningCertificate:
    """Return the certificate in ``given``, whose key ``password`` opens; one of a ``holder``'s is opened at a time.

    Raises :class:`CertificateInvalidError` and :class:`~shared.connections.key_turns.KeysBusyError`.
    """
    if len(given) > MAX_CHARS:
        raise CertificateInvalidError(f"The certificate is longer than {MAX_CHARS:,} characters.")
    if password and "\0" in password:
        # Not an error but a panic to the library that would open it.
        raise CertificateInvalidError("The password holds a character that no password has.")
    try:
        if _PEM in given:
            opened, certificates = _of_pem(given.encode(), password, holder)
        else:
            opened, certificates = _of_pkcs12(given, password, holder)
    except KeyRefusedError as error:
        raise _refused(error.reason, password) from error
    # It was looked at in a process that could be ended; to do so once more would take as long.
    key = serialization.load_pem_private_key(opened.key, None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, RSAPrivateKey)  # noqa: S101 - no other kind is opened
    if not _LEAST_KEY_BITS <= key.key_size <= _MOST_KEY_BITS:
        raise CertificateInvalidError(f"The RSA key has {key.key_size} bits; 2048 to 8192 are accepted.")
    own = next((each for each in certificates if each.public_key() == key.public_key()), None)
    if own is None:
        raise CertificateInvalidError("The private key does not belong to the certificate.")
    _check_time(own, now or datetime.now(UTC))
    chain = [own, *(each for each in certificates if each is not own)]
    return SigningCertificate(_pem_of(key, chain), own.fingerprint(hashes.SHA1()).hex().upper(), own.not_valid_after_utc)  # noqa: S303 - the portal's name for it, not a seal


def _of_pem(given: bytes, phrase: str | None, holder: UUID | None) -> tuple[OpenedKey, list[Certificate]]:
    try:
        certificates = load_pem_x509_certificates(given)
    except ValueError as error:
        raise CertificateInvalidError("The PEM text holds no certificate that can be read.") from error
    if len(certificates) > _MOST_CERTIFICATES:
        raise CertificateInvalidError(f"The chain has more than {_MOST_CERTIFICATES} certificates.")
    if b"PRIVATE KEY-----" not in given:
        raise KeyRefusedError("no_key")
    # The key's block alone: what stands before it need not be a key.
    start = given.find(b"-----BEGIN ", max(0, given.index(b"PRIVATE KEY-----") - 40))
    if start < 0:
        raise KeyRefusedError("locked")
    _check_rounds(_block(given[start:]))
    return key_opening.open_pem(given[start:], phrase, holder=holder), certificates


def _of_pkcs12(given: str, phrase: str | None, holder: UUID | None) -> tuple[OpenedKey, list[Certificate]]:
    try:
        data = b64decode("".join(given.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise CertificateInvalidError("The certificate is neither PEM text nor base64.") from error
    _check_rounds(data)
    opened = key_opening.open_pkcs12(data, phrase, holder=holder)
    if not opened.certificates:
        raise CertificateInvalidError("The PKCS 12 file holds no certificate.")
    return opened, [load_pem_x509_certificate(each) for each in opened.certificates[:_MOST_CERTIFICATES]]


def _block(pem: bytes) -> bytes:
    """Return what lies between the first two lines of dashes, as far as it is base64."""
    lines = pem.split(b"-----")
    try:
        return binascii.a2b_base64(lines[2]) if len(lines) > 2 else b""
    except binascii.Error:
        return b""


def _check_rounds(der: bytes) -> None:
    if stretching.rounds_in(der) > stretching.MOST_ROUNDS:
        raise CertificateInvalidError(
            f"The private key is locked with more than {stretching.MOST_ROUNDS:,} rounds.",
            next_step=_EXPORT_AGAIN,
        )


def _refused(reason: str, phrase: str | None) -> CertificateInvalidError:
    if reason == "slow":
        text = f"The private key could not be opened within {key_opening.PROCESSOR_S} seconds."
        return CertificateInvalidError(text, next_step=_EXPORT_AGAIN)
    if reason in _REASONS:
        message, next_step = _REASONS[reason]
        return CertificateInvalidError(message, next_step=next_step)
    if not phrase:
        return CertificateInvalidError(
            "The private key cannot be read without its password, or is damaged.",
            next_step="Send certificate_password as well.",
        )
    return CertificateInvalidError(
        "The password does not open the private key, or the key is damaged.", next_step="Check certificate_password."
    )


def _check_time(certificate: Certificate, now: datetime) -> None:
    if certificate.not_valid_after_utc <= now:
        text = f"The certificate expired on {certificate.not_valid_after_utc:%Y-%m-%d}."
        raise CertificateInvalidError(text, next_step="Make a new one and register it with the application in Entra ID.")
    if certificate.not_valid_before_utc > now:
        text = f"The certificate is valid only from {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC on."
        raise CertificateInvalidError(text, next_step="Wait until then, or make another one.")


def _pem_of(key: RSAPrivateKey, certificates: list[Certificate]) -> str:
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return b"".join([private, *(each.public_bytes(serialization.Encoding.PEM) for each in certificates)]).decode()
