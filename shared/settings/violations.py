"""What the profile of a process forbids or demands, checked as a whole, so that nobody has to fix it one start at a time."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from shared.settings.profiles import PROFILES, Environment, Profile

_CREDENTIAL_PARTS = {
    "workload_identity": ("azure_tenant_id", "azure_client_id", "azure_federated_token_file"),
    "client_secret": ("azure_tenant_id", "azure_client_id", "azure_client_secret"),
    "client_certificate": ("azure_tenant_id", "azure_client_id", "azure_client_certificate_path"),
}
# 32 bytes in URL-safe base64, one or several.
_FERNET_KEYS = re.compile(r"\s*[\w-]{43}=\s*(?:,\s*[\w-]{43}=\s*)*", re.ASCII)
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
# As pydantic reads a switch that is on.
_ON = {"true", "1", "yes", "on", "y", "t"}


@dataclass(frozen=True)
class Violation:
    """One setting that its profile does not accept, and how to fix it. Never holds a value."""

    setting: str
    text: str

    def __str__(self) -> str:
        return self.setting + ("" if self.text.startswith("=") else " ") + self.text


def violations(environment: Environment, values: Mapping[str, Any]) -> list[Violation]:
    """Return everything in ``values`` (by field name) that the profile refuses, and everything it misses."""
    profile, given = PROFILES[environment], _Given(values)
    parts = (_of_identity, _of_database, _of_broker, _of_secrets, _of_mail, _of_front)
    return [violation for part in parts for violation in part(profile, given)]


class _Given:
    """Values as texts, whether they were validated yet or not."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> str:
        value = self._values.get(name)
        if isinstance(value, SecretStr):
            return value.get_secret_value()
        return "" if value is None else str(value)


def _of_identity(profile: Profile, given: _Given) -> list[Violation]:
    kind = given["azure_credential"]
    found = []
    if kind == "developer" and not profile.may_sign_in_as_developer:
        found.append(Violation("AZURE_CREDENTIAL", "=developer is for development; name a managed identity"))
    if profile.keeps_to_loopback:
        text = "must be an address of this machine; tests meet a simulated Azure"
        found += [
            Violation(name.upper(), text)
            for name in ("azure_management_url", "azure_authority_host")
            if urlsplit(given[name]).hostname not in _LOOPBACK
        ]
    if missing := [name.upper() for name in _CREDENTIAL_PARTS.get(kind, ()) if not given[name]]:
        text = f"of kind {kind} are missing: {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set"
        found.append(Violation("Azure credentials", text))
    return found


def _of_database(profile: Profile, given: _Given) -> list[Violation]:
    found = []
    if not profile.may_have_database_passwords:
        found += [
            Violation(name.upper(), "is for local profiles; remove it, the managed identity signs in")
            for name in ("db_password", "db_system_password", "db_owner_password")
            if given[name]
        ]
    if not profile.may_weaken_database_tls and given["db_sslmode"] != "verify-full":
        found.append(Violation("DB_SSLMODE", "must be verify-full; remove it, that is the default"))
    return found


def _of_broker(profile: Profile, given: _Given) -> list[Violation]:
    found = []
    address = urlsplit(given["broker_url"])
    if given["broker_url"] and not profile.may_use_plain_redis and address.scheme != "rediss":
        found.append(
            Violation("BROKER_URL", "must begin with rediss://, for example rediss://NAME.REGION.redis.azure.net:10000/0")
        )
    if address.password and not profile.may_have_redis_password:
        found.append(Violation("BROKER_URL", "must not hold a password; remove it and set BROKER_USER"))
    if profile.needs_redis_identity and not given["broker_user"]:
        found.append(Violation("BROKER_USER", "is not set; give the object id of the identity that may use the broker"))
    return found


def _of_secrets(profile: Profile, given: _Given) -> list[Violation]:
    found = []
    if profile.needs_vault and not given["vault_url"]:
        found.append(Violation("VAULT_URL", "is not set; give the address of the Key Vault, https://NAME.vault.azure.net"))
    if given["sealed_store_keys"] and not profile.may_seal_secrets_with_own_keys:
        found.append(Violation("SEALED_STORE_KEYS", "is for local profiles; remove it, secrets belong into the Key Vault"))
    elif given["sealed_store_keys"] and not _FERNET_KEYS.fullmatch(given["sealed_store_keys"]):
        text = "must be Fernet keys, separated by commas; `python -m worker secrets new-key` makes one"
        found.append(Violation("SEALED_STORE_KEYS", text))
    if given["development_api_key"] and not profile.may_have_development_api_key:
        text = "is for local profiles; remove it and make a key with `python -m worker key create`"
        found.append(Violation("DEVELOPMENT_API_KEY", text))
    return found


def _of_mail(profile: Profile, given: _Given) -> list[Violation]:
    found = []
    if given["smtp_password"] and not profile.may_have_smtp_password:
        text = "is for local profiles; remove it, put it into the Key Vault and name it by SMTP_PASSWORD_SECRET"
        found.append(Violation("SMTP_PASSWORD", text))
    if not given["smtp_host"]:
        return found
    if not given["mail_from"]:
        found.append(Violation("MAIL_FROM", "is not set; give the address that mail comes from"))
    if not given["public_url"] and not given["api_url"]:
        found.append(Violation("PUBLIC_URL", "is not set; mail links to it"))
    if not given["vault_url"] and not given["sealed_store_keys"]:
        found.append(Violation("VAULT_URL", "is not set; the keys that sign the links in mails lie there"))
    on_this_machine = given["smtp_host"].lower() in _LOOPBACK
    if given["smtp_security"] == "none" and not (on_this_machine and profile.may_use_plain_smtp):
        found.append(
            Violation("SMTP_SECURITY", "=none is for a relay on this machine, in local profiles; use starttls or tls")
        )
    password = given["smtp_password"] or given["smtp_password_secret"]
    if bool(given["smtp_user"]) != bool(password):
        name = "SMTP_PASSWORD_SECRET" if given["smtp_user"] else "SMTP_USER"
        found.append(Violation(name, "is not set; user name and password for the relay go together"))
    if given["smtp_password_secret"] and not given["vault_url"]:
        found.append(Violation("SMTP_PASSWORD_SECRET", "names a secret of the Key Vault, yet VAULT_URL is not set"))
    return found


def _of_front(profile: Profile, given: _Given) -> list[Violation]:
    found = []
    if not profile.may_answer_any_host:
        hosts = [host.strip() for host in given["allowed_hosts"].split(",") if host.strip()]
        if not hosts:
            found.append(Violation("ALLOWED_HOSTS", "is not set; list the host names of the HTTP API"))
        if any("*" in host for host in hosts):
            found.append(Violation("ALLOWED_HOSTS", "must not hold a wildcard; list the host names of the HTTP API"))
    if profile.needs_identity_provider:
        found += [
            Violation(name.upper(), f"is not set; give the {what} of the identity provider that people sign in with")
            for name, what in (("oidc_issuer", "address"), ("oidc_audience", "client id"))
            if not given[name]
        ]
    if given["debug"].lower() in _ON and not profile.may_debug:
        found.append(Violation("DEBUG", "must be off; remove it, debugging logs show what production must not"))
    return found
