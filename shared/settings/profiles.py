"""The profiles, side by side: what each allows, demands and takes for granted. One row a rule, one column a profile."""

from dataclasses import dataclass
from enum import StrEnum


class Environment(StrEnum):
    """The profile a process runs under; there is no default, so that production is never met by accident."""

    DEVELOPMENT = "development"
    TESTING = "testing"
    STAGING = "staging"
    PRODUCTION = "production"

    @property
    def is_local(self) -> bool:
        """Whether this profile is for one machine, where servers may lack TLS and passwords may come from settings."""
        return not PROFILES[self].may_run_in_azure


@dataclass(frozen=True)
class Profile:
    """What one profile allows and demands, and what it takes for granted where nothing is set."""

    reads_dotenv: bool
    may_run_in_azure: bool
    may_sign_in_as_developer: bool
    may_have_database_passwords: bool
    may_weaken_database_tls: bool
    may_use_plain_redis: bool
    may_have_redis_password: bool
    may_seal_secrets_with_own_keys: bool
    may_have_smtp_password: bool
    may_use_plain_smtp: bool
    may_have_development_api_key: bool
    may_answer_any_host: bool
    may_debug: bool
    needs_vault: bool
    needs_redis_identity: bool
    needs_identity_provider: bool
    keeps_to_loopback: bool
    allowed_hosts: str
    azure_management_url: str
    azure_authority_host: str
    schema_wait_s: float


@dataclass(frozen=True)
class Row:
    """One rule in words and its value in each profile, in the order of :class:`Environment`."""

    name: str
    meaning: str
    values: tuple[bool, bool, bool, bool] | tuple[str, str, str, str] | tuple[float, float, float, float]


_LOOPBACK = "localhost,127.0.0.1,::1"
_AZURE = "https://management.azure.com"
# Nothing answers there: a test that starts no simulator finds no Azure, rather than the real one.
_NOWHERE = "https://127.0.0.1:1"
YES, NO = True, False

# fmt: off
RULES = (
    #                                                                                 development testing staging production
    Row("reads_dotenv", "reads the file `.env` of its working folder",                      (YES, NO,  NO,  NO)),
    Row("may_run_in_azure", "runs in Azure",                                                (NO,  NO,  YES, YES)),
    Row("may_sign_in_as_developer", "signs in to Azure as the developer",                   (YES, NO,  NO,  NO)),
    Row("may_have_database_passwords", "takes database passwords from settings",            (YES, YES, NO,  NO)),
    Row("may_weaken_database_tls", "reaches the database without verifying it",             (YES, YES, NO,  NO)),
    Row("may_use_plain_redis", "reaches the broker without TLS",                            (YES, YES, NO,  NO)),
    Row("may_have_redis_password", "takes a password for the broker from settings",         (YES, YES, NO,  NO)),
    Row("may_seal_secrets_with_own_keys", "keeps secrets in PostgreSQL, sealed with its own keys", (YES, YES, NO, NO)),
    Row("may_have_smtp_password", "takes a password for the mail relay from settings",      (YES, YES, NO,  NO)),
    Row("may_use_plain_smtp", "hands mail to a relay on the same machine without TLS",      (YES, YES, NO,  NO)),
    Row("may_have_development_api_key", "takes an API key from settings",                   (YES, YES, NO,  NO)),
    Row("may_answer_any_host", "answers requests for any host name",                        (YES, YES, NO,  NO)),
    Row("may_debug", "logs for debugging",                                                  (YES, YES, YES, NO)),
    Row("needs_vault", "demands a Key Vault",                                               (NO,  NO,  YES, YES)),
    Row("needs_redis_identity", "demands an identity for the broker",                       (NO,  NO,  YES, YES)),
    Row("needs_identity_provider", "demands an identity provider for people",               (NO,  NO,  YES, YES)),
    Row("keeps_to_loopback", "refuses an Azure or Entra that is not on this machine",       (NO,  YES, NO,  NO)),
    Row("allowed_hosts", "default of `ALLOWED_HOSTS`",                                      (_LOOPBACK, "*", "", "")),
    Row("azure_management_url", "default of `AZURE_MANAGEMENT_URL`",                (_AZURE, _NOWHERE, _AZURE, _AZURE)),
    Row("azure_authority_host", "default of `AZURE_AUTHORITY_HOST`",                        ("", _NOWHERE, "", "")),
    Row("schema_wait_s", "default of `SCHEMA_WAIT_S`",                                      (0.0, 0.0, 300.0, 300.0)),
)
# fmt: on

DEFAULTS = ("allowed_hosts", "azure_management_url", "azure_authority_host", "schema_wait_s")
"""Settings whose default depends on the profile; the other rows are rules."""

PROFILES = {
    environment: Profile(**{row.name: row.values[column] for row in RULES})  # type: ignore[arg-type]
    for column, environment in enumerate(Environment)
}
