"""The leg to the mail relay: connected to, secured and signed in to, with nothing handed over."""

from shared.identity import process
from shared.mail import smtp
from shared.settings import Settings
from shared.vault import Vault

# The examination as a whole has a limit too.
_TIMEOUT_S = 8


def connect_and_sign_in(settings: Settings) -> str:
    """Connect to the relay as mails do and say in a few words what was found; raises as the relay and the vault do."""
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
    if password is None and settings.smtp_password_secret:
        vault = Vault(settings, process.credential(settings))
        try:
            password = vault.newest(settings.smtp_password_secret)
        finally:
            vault.close()
    patience = {"smtp_timeout_seconds": min(settings.smtp_timeout_seconds, _TIMEOUT_S)}
    return smtp.examine(settings.model_copy(update=patience), password)
