"""Handing one mail to the relay: over TLS that is verified, bounded in time, and what it answered as a value."""

import contextlib
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import certifi

from shared.mail.enhanced_codes import names_the_address, names_the_sender
from shared.mail.relay_failures import RelayFailedError, failure_of, readable
from shared.settings import Settings
from shared.settings.relay import SmtpSecurity
from shared.telemetry.redaction import redact

_PERMANENT = 500
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt."""

    started_at: datetime
    duration_s: float = 0.0
    status: int | None = None
    """The relay's code, where it gave one."""
    error_code: str | None = None
    error: str | None = None
    answer: str = ""
    is_final: bool = False
    """Whether the relay refused this very mail for good."""
    is_about_address: bool = False
    """Whether it did so because of the address."""

    @property
    def accepted(self) -> bool:
        """Whether the relay took the mail."""
        return self.error_code is None


def send(settings: Settings, password: str | None, recipient: str, content: bytes) -> Outcome:
    """Hand a mail for one recipient to the relay and return what it said; raises nothing that the network can cause."""
    started_at, began = datetime.now(UTC), time.monotonic()
    try:
        with _Session(settings, password) as session:
            step, code, answer = session.hand_over(settings.mail_from, recipient, content)
    except RelayFailedError as error:
        return Outcome(
            started_at,
            time.monotonic() - began,
            status=error.status,
            error_code=error.code,
            error=redact(error.message),
            answer=error.answer,
        )
    return _outcome(started_at, time.monotonic() - began, step, code, answer)


def examine(settings: Settings, password: str | None) -> str:
    """Connect and sign in, hand over nothing, and say in a few words what was found; raises :class:`RelayFailedError`."""
    with _Session(settings, password) as session:
        how = "TLS" if settings.smtp_security is SmtpSecurity.TLS else settings.smtp_security.value.upper()
        signed_in = f", signed in as {settings.smtp_user}" if settings.smtp_user else ""
        session.ask_for_nothing()
    without = " without TLS" if settings.smtp_security is SmtpSecurity.NONE else f" by {how}"
    return f"{settings.smtp_host}:{settings.smtp_port}{without}{signed_in}"


class _Session:
    """One connection to the relay, made and signed in; all of it takes the set time at most."""

    def __init__(self, settings: Settings, password: str | None) -> None:
        self._settings = settings
        self._password = password
        self._client: smtplib.SMTP | None = None
        self._deadline = time.monotonic() + settings.smtp_timeout_seconds
        self._guard: threading.Timer | None = None

    def __enter__(self) -> "_Session":
        try:
            self._told("connect", self._connect)
            if self._settings.smtp_security is SmtpSecurity.STARTTLS:
                self._told("secure", self._secure)
            if self._settings.smtp_user:
                self._told("sign_in", self._sign_in)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._guard is not None:
            self._guard.cancel()
        if self._client is not None:
            # The mail was accepted or refused by now: a relay that is slow to say goodbye is not waited for.
            _cut(self._client)
            self._client.close()

    def hand_over(self, sender: str, recipient: str, content: bytes) -> tuple[str, int, str]:
        """Return the step at which the relay decided, its code and its words."""
        client = self._connected()

        def deliver() -> tuple[str, int, str]:
            options = [f"size={len(content)}"] if client.has_extn("size") else []
            code, words = client.mail(sender, options)
            if code != 250:
                return "sender", code, readable(words)
            code, words = client.rcpt(recipient)
            if code not in {250, 251}:
                answer = readable(words)
                # Many relays say only here what they have against the sender.
                return "sender" if names_the_sender(answer) else "recipient", code, answer
            try:
                code, words = client.data(content)
            except smtplib.SMTPDataError as refused:
                # Before it had the mail: no less an answer about this one.
                return "data", refused.smtp_code, readable(refused.smtp_error)
            return "data", code, readable(words)

        return self._told("hand over", deliver)

    def ask_for_nothing(self) -> None:
        """See whether the relay still answers."""
        self._told("answer", self._connected().noop)

    def _connect(self) -> None:
        settings = self._settings
        # The name that the mail comes from: what this process's host calls itself is nobody's business.
        greeting = settings.mail_from.rpartition("@")[2] or "localhost"
        if settings.smtp_security is SmtpSecurity.TLS:
            self._client = smtplib.SMTP_SSL(
                settings.smtp_host,
                settings.smtp_port,
                local_hostname=greeting,
                timeout=settings.smtp_timeout_seconds,
                context=_verifying(settings),
            )
        else:
            self._client = smtplib.SMTP(
                settings.smtp_host, settings.smtp_port, local_hostname=greeting, timeout=settings.smtp_timeout_seconds
            )
        # A relay that sends a byte now and then would outlast any limit on single reads.
        self._guard = threading.Timer(max(self._deadline - time.monotonic(), 0.0), _cut, (self._client,))
        self._guard.daemon = True
        self._guard.start()
        self._client.ehlo_or_helo_if_needed()

    def _secure(self) -> None:
        client = self._connected()
        if not client.has_extn("starttls"):
            raise RelayFailedError(
                f"{self._settings.smtp_host} does not offer STARTTLS on port {self._settings.smtp_port}.",
                next_step="Use the port that does, or set SMTP_SECURITY=tls for one that speaks TLS from the first byte.",
            )
        client.starttls(context=_verifying(self._settings))
        client.ehlo()

    def _sign_in(self) -> None:
        self._connected().login(self._settings.smtp_user, self._password or "")

    def _connected(self) -> smtplib.SMTP:
        assert self._client is not None  # noqa: S101 - entered
        return self._client

    def _told(self, act: str, do: Callable[[], _Result]) -> _Result:
        """Do one step; whatever the network makes of it becomes :class:`RelayFailedError`."""
        try:
            return do()
        except (OSError, smtplib.SMTPException, ValueError) as error:
            settings, is_late = self._settings, time.monotonic() >= self._deadline
            raise failure_of(error, settings, act=act, is_late=is_late) from error


def _outcome(started_at: datetime, duration_s: float, step: str, status: int, answer: str) -> Outcome:
    if step == "data" and 200 <= status < 300:
        return Outcome(started_at, duration_s, status, answer=answer)
    is_permanent = status >= _PERMANENT
    # Whom the mail comes from is a matter of this installation, and may be put right while the mail waits.
    is_final = is_permanent and step != "sender"
    words = {"sender": "the sender", "recipient": "the recipient", "data": "the mail"}[step]
    verb = "refused" if is_permanent else "put off"
    return Outcome(
        started_at,
        duration_s,
        status,
        error_code=f"{step if step != 'data' else 'message'}_{'refused' if is_permanent else 'deferred'}",
        error=f"The relay {verb} {words} with {status}.",
        answer=answer,
        is_final=is_final,
        is_about_address=is_final and step == "recipient" and names_the_address(status, answer),
    )


def _verifying(settings: Settings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(settings.smtp_ca_file or certifi.where()))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _cut(client: smtplib.SMTP) -> None:
    # Past TLS, which would wait for a goodbye: whoever reads or writes fails at once.
    if client.sock is not None:
        with contextlib.suppress(OSError):
            socket.socket.shutdown(client.sock, socket.SHUT_RDWR)
