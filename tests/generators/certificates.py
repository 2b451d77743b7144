"""Certificates with their keys, as customers send them."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
KEY = rsa.generate_private_key(65537, 2048)
OTHER_KEY = rsa.generate_private_key(65537, 2048)
_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "advisor-reports")])


def certificate(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = KEY, *, begins: timedelta = timedelta(days=-1), days: int = 365
) -> x509.Certificate:
    """Return a certificate of ``key`` that begins at :data:`NOW` and ``begins``."""
    return (
        x509.CertificateBuilder()
        .subject_name(_NAME)
        .issuer_name(_NAME)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW + begins)
        .not_valid_after(NOW + begins + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )


def pem(
    own: x509.Certificate, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | None = KEY, password: bytes | None = None
) -> str:
    """Return ``own`` and its key as PEM."""
    text = own.public_bytes(serialization.Encoding.PEM)
    if key is not None:
        lock = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
        text += key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)
    return text.decode()


def pfx(own: x509.Certificate, password: bytes | None = None) -> str:
    """Return ``own`` and its key as a PKCS 12 file in base64."""
    lock = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return b64encode(pkcs12.serialize_key_and_certificates(b"c", KEY, own, None, lock)).decode()
