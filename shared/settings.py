"""The settings of one process: read from the environment once, typed, validated, frozen.

Every process of the product (front, workers, timers, command line, migrations) reads the same names the same way. Nothing
has a fallback that changes what the product is: a missing database is an error, never another database.
"""

from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.errors import SettingsError

_MEBIBYTE = 1024 * 1024


class Environment(StrEnum):
    """The profile a process runs under; there is no default, so that production is never met by accident."""

    DEVELOPMENT = "development"
    TESTING = "testing"
    STAGING = "staging"
    PRODUCTION = "production"

    @property
    def is_local(self) -> bool:
        """Whether this profile is for one machine, where servers may lack TLS and passwords may come from settings."""
        return self in {Environment.DEVELOPMENT, Environment.TESTING}


class CredentialKind(StrEnum):
    """How a process signs in to Azure."""

    MANAGED_IDENTITY = "managed_identity"
    WORKLOAD_IDENTITY = "workload_identity"
    CLIENT_SECRET = "client_secret"  # noqa: S105 - a kind, not a secret
    CLIENT_CERTIFICATE = "client_certificate"
    DEVELOPER = "developer"


_CREDENTIAL_PARTS = {
    CredentialKind.MANAGED_IDENTITY: (),
    CredentialKind.WORKLOAD_IDENTITY: ("azure_tenant_id", "azure_client_id", "azure_federated_token_file"),
    CredentialKind.CLIENT_SECRET: ("azure_tenant_id", "azure_client_id", "azure_client_secret"),
    CredentialKind.CLIENT_CERTIFICATE: ("azure_tenant_id", "azure_client_id", "azure_client_certificate_path"),
    CredentialKind.DEVELOPER: (),
}


class Settings(BaseSettings):
    """Everything that can be set; the environment variable of a field is its name in upper case."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, case_sensitive=False, hide_input_in_errors=True)

    app_environment: Environment = Field(description="`development`, `testing`, `staging` or `production`")

    db_host: str = Field("", description="Host of the database where DATABASE_URL is not set")
    db_port: Annotated[int, Field(ge=1, le=65535)] = Field(5432, description="Its port")
    db_name: str = Field("", description="Name of the database where DATABASE_URL is not set")
    database_url: str = Field(
        "",
        validate_default=True,
        description="postgresql://USER@HOST:PORT/NAME of the application role, without a password; or DB_HOST and DB_NAME",
    )
    azure_service_principal_user: str = Field(
        "",
        description="PostgreSQL login of this process's Azure identity; default: the user in DATABASE_URL, else the "
        "name that the identity's token gives",
    )
    db_ca_file: Path | None = Field(None, description="Certificate authority of the database where not public")
    db_password: SecretStr | None = Field(None, description="Password of the application role; local profiles only")
    db_system_user: str = Field("advisor_upkeep", description="Login of the role that works across tenants")
    db_system_password: SecretStr | None = Field(None, description="Its password; local profiles only")
    db_owner_user: str = Field("advisor_owner", description="Login that owns the schema and runs migrations")
    db_owner_password: SecretStr | None = Field(None, description="Its password; local profiles only")
    db_sslmode: str = Field("verify-full", description="libpq sslmode; anything weaker is for local profiles")
    db_pool_size: Annotated[int, Field(ge=1, le=100)] = Field(10, description="Connections a process keeps at most")

    broker_url: SecretStr = Field(description="redis:// or rediss:// address of the Celery broker")
    broker_user: str = Field("", description="Object id of the identity that signs in to Azure Managed Redis with a token")
    broker_ca_file: Path | None = Field(None, description="Certificate authority of the broker where not public")
    celery_results_db_backend: Annotated[str, Field(pattern=r"^db\+postgresql\+psycopg$")] = Field(
        "db+postgresql+psycopg", description="How Celery keeps the results of tasks that somebody waits for"
    )
    celery_results_lifetime_s: Annotated[int, Field(ge=60)] = Field(3600, description="Celery's results are kept this long")

    vault_url: str = Field("", description="https address of the Key Vault")
    vault_ca_file: Path | None = Field(None, description="Certificate authority of the Key Vault where not public")

    storage_account_url: str = Field(description="https address of the Blob endpoint of the storage account")
    storage_container: str = Field("advisor-reports", description="Container of uploads and report files")
    storage_ca_file: Path | None = Field(None, description="Certificate authority of the Blob endpoint where not public")

    azure_credential: CredentialKind = Field(
        CredentialKind.MANAGED_IDENTITY,
        description="How this process signs in to Azure: `managed_identity`, `workload_identity`, `client_secret`, "
        "`client_certificate` or, in development only, `developer`",
    )
    azure_tenant_id: str = Field("", description="Directory of the application; not for managed identities")
    azure_client_id: str = Field("", description="Application or user-assigned identity; empty: the system-assigned one")
    azure_client_secret: SecretStr | None = Field(None, description="For `client_secret`")
    azure_client_certificate_path: Path | None = Field(None, description="PEM or PKCS 12 file, for `client_certificate`")
    azure_federated_token_file: Path | None = Field(None, description="For `workload_identity`")
    azure_authority_host: str = Field("", description="Entra endpoint where not the public cloud's")
    azure_authority_ca_file: Path | None = Field(None, description="Certificate authority of that endpoint where not public")

    max_upload_bytes: Annotated[int, Field(gt=0)] = Field(200 * _MEBIBYTE, description="Largest export accepted")
    max_rows: Annotated[int, Field(gt=0)] = Field(2_000_000, description="Most rows of one export")
    max_cell_chars: Annotated[int, Field(gt=0)] = Field(100_000, description="Longest cell of an export, in characters")

    upload_link_minutes: Annotated[int, Field(ge=1, le=1440)] = Field(60, description="How long an upload link is valid")
    download_link_minutes: Annotated[int, Field(ge=1, le=60)] = Field(5, description="How long a download link is valid")

    job_lease_s: Annotated[float, Field(gt=0)] = Field(60.0, description="A silent worker loses its job after this long")
    job_republish_after_s: Annotated[float, Field(gt=0)] = Field(30.0, description="A queued job unclaimed is sent again")
    sweep_interval_s: Annotated[float, Field(gt=0)] = Field(15.0, description="Between two looks for lost jobs")
    worker_soft_shutdown_s: Annotated[float, Field(ge=0)] = Field(
        45.0, description="A worker told to end finishes this long"
    )
    job_retention_days: Annotated[int, Field(ge=1)] = Field(90, description="Finished jobs are kept this long")

    pdf_timeout_s: Annotated[float, Field(gt=0)] = Field(600.0, description="A PDF that takes longer is given up")
    fonts_dir: Path | None = Field(None, description="Folder of the report fonts; default: where they were installed")

    @field_validator("database_url")
    @classmethod
    def _address_without_password(cls, value: str, info: ValidationInfo) -> str:
        if not value:
            if info.data.get("db_host") and info.data.get("db_name"):
                return value
            raise ValueError("is not set, and DB_HOST and DB_NAME are not both set either")
        address = urlsplit(value)
        if address.scheme not in {"postgresql", "postgresql+psycopg"}:
            raise ValueError("must begin with postgresql:// (no other database is supported)")
        if address.password is not None:
            raise ValueError("must not hold a password; local profiles set DB_PASSWORD")
        if not (address.hostname and address.path.strip("/")):
            raise ValueError("must name host and database: postgresql://USER@HOST:PORT/NAME")
        return value

    @field_validator("storage_account_url")
    @classmethod
    def _https_only(cls, value: str) -> str:
        if not value.startswith("https://"):
            raise ValueError("must begin with https:// (user-delegation links exist only over TLS)")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _credential_is_whole(self) -> Self:
        missing = [name.upper() for name in _CREDENTIAL_PARTS[self.azure_credential] if not getattr(self, name)]
        if missing:
            raise ValueError(
                f"Azure credentials of kind {self.azure_credential} are missing: {', '.join(missing)} "
                f"{'is' if len(missing) == 1 else 'are'} not set"
            )
        if self.azure_credential is CredentialKind.DEVELOPER and self.app_environment is not Environment.DEVELOPMENT:
            raise ValueError("AZURE_CREDENTIAL=developer is for development; name a managed identity")
        return self

    @model_validator(mode="after")
    def _local_conveniences_stay_local(self) -> Self:
        if self.app_environment.is_local:
            return self
        problems = [
            f"{name.upper()} is for local profiles; remove it, the managed identity signs in"
            for name in ("db_password", "db_system_password", "db_owner_password")
            if getattr(self, name) is not None
        ]
        if self.db_sslmode != "verify-full":
            problems.append("DB_SSLMODE must be verify-full")
        if not self.broker_url.get_secret_value().startswith("rediss://"):
            problems.append("BROKER_URL must begin with rediss://")
        if problems:
            raise ValueError("; ".join(problems))
        return self


def load() -> Settings:
    """Read the settings from the environment.

    Raises :class:`~shared.errors.SettingsError` that names everything missing or wrong at once, never a value.
    """
    try:
        return Settings()
    except ValidationError as error:
        problems = [_describe(".".join(map(str, item["loc"])), item["type"], item["msg"]) for item in error.errors()]
        raise SettingsError(
            "The settings are not valid: " + "; ".join(problems),
            next_step="Set the named environment variables; docs/configuration.md lists them all.",
        ) from None


@lru_cache(maxsize=1)
def get() -> Settings:
    """Return the settings of this process, read on first use and never again."""
    return load()


def _describe(field: str, kind: str, message: str) -> str:
    name = field.upper()
    if kind == "missing":
        return f"{name} is not set"
    if name == "APP_ENVIRONMENT":
        return f"APP_ENVIRONMENT must be one of {', '.join(Environment)}"
    text = message.removeprefix("Value error, ")
    return f"{name} {text}" if name else text
