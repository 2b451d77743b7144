"""A relay for mail: SMTP on loopback with STARTTLS and a login, answers as it is told, keeps what it accepted."""

import asyncio
import ssl
from collections import deque
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from infra.local import ports

USER = "relay-user"
PASSWORD = "relay-Passw0rd-canary"


@dataclass(frozen=True)
class Mail:
    """One mail that was accepted."""

    sender: str
    recipient: str
    content: bytes
    was_encrypted: bool
    user: str | None

    @property
    def message(self) -> EmailMessage:
        """The mail as its reader's program sees it."""
        parsed = message_from_bytes(self.content, policy=default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    def text(self) -> str:
        """Return the part that is text."""
        part = self.message.get_body(("plain",))
        assert part is not None
        return str(part.get_content())

    def html(self) -> str:
        """Return the part that is HTML."""
        part = self.message.get_body(("html",))
        assert part is not None
        return str(part.get_content())


@dataclass
class Orders:
    """What to answer next, step by step; empty: all is well. ``hang`` and ``drop`` say nothing, and worse."""

    mail: deque[str] = field(default_factory=deque)
    rcpt: deque[str] = field(default_factory=deque)
    data: deque[str] = field(default_factory=deque)

    def clear(self) -> None:
        """Forget what was ordered."""
        for step in (self.mail, self.rcpt, self.data):
            step.clear()


class Relay:
    """Listens from the beginning of a ``with`` block to its end."""

    def __init__(self, ca_file: Path, *, with_tls: bool = True, from_first_byte: bool = False) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(ca_file)
        self.ca_file = ca_file
        self.accepted: list[Mail] = []
        self.orders = Orders()
        self.logins: list[bool] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        self.port = ports.choose()
        options: dict[str, Any] = {"ssl_context": context} if from_first_byte else {}
        if with_tls and not from_first_byte:
            options |= {"tls_context": context, "require_starttls": True}
        self._controller = Controller(
            self,
            hostname=ports.HOST,
            port=self.port,
            authenticator=self._authenticate,
            # Where TLS is there from the first byte, it need not be asked for before a login.
            auth_required=with_tls and not from_first_byte,
            auth_require_tls=with_tls and not from_first_byte,
            auth_exclude_mechanism=["CRAM-MD5"],
            ready_timeout=60.0,
            **options,
        )

    def __enter__(self) -> "Relay":
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    @property
    def settings(self) -> dict[str, Any]:
        """The settings by which a process of the product hands mail to this relay."""
        return {"smtp_host": "localhost", "smtp_port": self.port, "smtp_ca_file": self.ca_file, "smtp_user": USER}

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer to whom a mail comes from."""
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return await self._told(server, self.orders.mail)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer to whom a mail goes."""
        answer = await self._told(server, self.orders.rcpt)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a mail, or not."""
        answer = await self._told(server, self.orders.data)
        if answer.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            user = session.auth_data.login.decode() if isinstance(session.auth_data, LoginPassword) else None
            self.accepted += [
                Mail(envelope.mail_from or "", recipient, content, session.ssl is not None, user)
                for recipient in envelope.rcpt_tos
            ]
        return answer

    async def _told(self, server: Any, step: deque[str]) -> str:
        answer = step.popleft() if step else "250 2.0.0 OK"
        if answer == "hang":
            # Until the other side has had enough.
            await asyncio.Event().wait()
        if answer == "drop":
            server.transport.abort()
            return "421 gone"
        return answer

    def _authenticate(self, server: Any, session: Session, envelope: Envelope, mechanism: str, given: Any) -> AuthResult:
        del server, session, envelope, mechanism
        is_right = isinstance(given, LoginPassword) and (given.login, given.password) == (USER.encode(), PASSWORD.encode())
        self.logins.append(is_right)
        return AuthResult(success=is_right, auth_data=given if is_right else None, handled=is_right)
