"""The relay's password: a secret of the Key Vault, read when it is needed and again when it was refused."""

import threading
import time

from shared.mail.relay_failures import RelayFailedError
from shared.services import Services
from shared.telemetry import redaction

# As often as somebody may rotate it and wonder.
_KEPT_S = 300.0


class RelayPasswords:
    """The password of this process's relay, kept for some minutes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: tuple[str, str, float] | None = None

    def get(self, services: Services) -> str | None:
        """Return the password, ``None`` where the relay asks for none.

        Raises :class:`~shared.vault.SecretMissingError`, :class:`~shared.vault.VaultUnavailableError` or
        :class:`~shared.mail.relay_failures.RelayFailedError`.
        """
        settings = services.settings
        if settings.smtp_password is not None:
            return settings.smtp_password.get_secret_value()
        name = settings.smtp_password_secret
        if not name:
            return None
        with self._lock:
            kept = self._kept
        now = time.monotonic()
        if kept is not None and kept[0] == name and now - kept[2] < _KEPT_S:
            return kept[1]
        if services.vault is None:
            raise RelayFailedError("There is no Key Vault to read the relay's password from.", next_step="Set VAULT_URL.")
        value = services.vault.newest(name)
        redaction.register(value)
        with self._lock:
            self._kept = (name, value, now)
        return value

    def forget(self) -> None:
        """Read the password again next time: the relay did not accept it."""
        with self._lock:
            self._kept = None


passwords = RelayPasswords()
