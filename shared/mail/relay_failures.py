"""Why the relay could not be used, in sentences with a next step; never a password."""

import smtplib
import ssl

from shared.errors import AdvisorReportsError
from shared.settings import Settings
from shared.telemetry.redaction import redact

MAX_ANSWER_CHARS = 1000
_TRIED_AGAIN = "; it is tried again."


class RelayFailedError(AdvisorReportsError):
    """The relay cannot be used as it is set up, or is away."""

    code = "relay_failed"
    retryable = True

    def __init__(self, message: str, *, next_step: str, status: int | None = None, answer: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.status = status
        """The relay's code, where it gave one."""
        self.answer = answer


def failure_of(error: Exception, settings: Settings, *, act: str, is_late: bool) -> RelayFailedError:
    """Return what a step of the conversation failed with, in plain words; ``is_late`` where its time was over."""
    where = f"{settings.smtp_host}:{settings.smtp_port}"
    if isinstance(error, smtplib.SMTPResponseException):
        return _answered(error, where)
    if isinstance(error, ssl.SSLCertVerificationError):
        return RelayFailedError(
            f"The certificate of {where} is not valid: {error.verify_message}.",
            next_step="Let SMTP_HOST be the name in the certificate, and SMTP_CA_FILE its authority where not public.",
        )
    if isinstance(error, TimeoutError) or is_late:
        return RelayFailedError(
            f"{where} took longer than {settings.smtp_timeout_seconds} s.",
            next_step="Check that the relay answers, and that this network may reach it" + _TRIED_AGAIN,
        )
    if isinstance(error, ssl.SSLError):
        return RelayFailedError(
            f"{where} does not speak TLS as it should ({error.reason or 'handshake failed'}).",
            next_step="Port 465 mostly wants SMTP_SECURITY=tls, port 587 starttls.",
        )
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return RelayFailedError(f"{where} hung up ({act}).", next_step="Look at the relay's own log" + _TRIED_AGAIN)
    reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
    return RelayFailedError(
        f"{where} cannot be used ({act}: {reason}).",
        next_step="Check SMTP_HOST and SMTP_PORT, and that this network may reach them" + _TRIED_AGAIN,
    )


def readable(words: bytes | str) -> str:
    """Return what the relay said, fit to be kept and shown."""
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    # PostgreSQL holds every character but one.
    return redact(text.replace("\0", "\ufffd"))[:MAX_ANSWER_CHARS]


def _answered(error: smtplib.SMTPResponseException, where: str) -> RelayFailedError:
    answer = readable(error.smtp_error)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return RelayFailedError(
            f"{where} did not accept the user name and password.",
            next_step="Check SMTP_USER and the password; with Azure Communication Services that is the secret of an "
            "application which has the right role.",
            status=error.smtp_code,
            answer=answer,
        )
    return RelayFailedError(
        f"{where} answered {error.smtp_code} before any mail was handed over.",
        next_step="Its answer says why" + _TRIED_AGAIN,
        status=error.smtp_code,
        answer=answer,
    )
