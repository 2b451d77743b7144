"""A relay for mail that sends nothing anywhere: each mail becomes a file that mail programs open."""

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope, Session

from infra.local import ports
from infra.local.processes import START_TIMEOUT_S

_MOST_KEPT = 500


class MailSink:
    """Listens on loopback without TLS and keeps the newest mails in ``folder`` as ``.eml`` files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._controller: Controller | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which the product hands its mail to this relay."""
        assert self._controller is not None  # noqa: S101 - started
        return {
            "SMTP_HOST": ports.HOST,
            "SMTP_PORT": str(self._controller.port),
            "SMTP_SECURITY": "none",
            "MAIL_FROM": "reports@advisor.example",
        }

    def start(self) -> None:
        """Listen on a free port."""
        # What it says of each command, addresses included, belongs to no log of ours.
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._controller = Controller(self, hostname=ports.HOST, port=ports.choose(), ready_timeout=START_TIMEOUT_S)
        self._controller.start()

    def stop(self) -> None:
        """Listen no more; the files stay."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Write a mail to a file."""
        del server, session
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        (self.folder / f"{datetime.now(UTC):%Y-%m-%d %H.%M.%S.%f}.eml").write_bytes(content)
        for old in sorted(self.folder.glob("*.eml"))[:-_MOST_KEPT]:
            old.unlink(missing_ok=True)
        return "250 2.0.0 kept as a file"
