"""Everything that can be set, typed; what a value must be in itself is checked here, what a profile allows elsewhere."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from shared.settings.named_tenants import tenant_ids_in
from shared.settings.outgoing import hosts_in, networks_in, ports_in
from shared.settings.profiles import DEFAULTS, PROFILES, Environment
from shared.settings.relay import RelaySettings
from shared.settings.retention import RetentionSettings
from shared.settings.violations import violations

_MEBIBYTE = 1024 * 1024


class CredentialKind(StrEnum):
    """How a process signs in to Azure."""

    MANAGED_IDENTITY = "managed_identity"
    WORKLOAD_IDENTITY = "workload_identity"
    CLIENT_SECRET = "client_secret"  # noqa: S105 - a kind, not a secret
    CLIENT_CERTIFICATE = "client_certificate"
    DEVELOPER = "developer"


class Settings(RelaySettings, RetentionSettings):
    """Everything that can be set; the environment variable of a field is its name in upper case."""

    model_config = SettingsConfigDict(
        extra="ignore", frozen=True, case_sensitive=False, env_ignore_empty=True, hide_input_in_errors=True
    )

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

    vault_url: Annotated[str, Field(pattern=r"^(https://\S+)?$")] = Field("", description="https address of the Key Vault")
    vault_ca_file: Path | None = Field(None, description="Certificate authority of the Key Vault where not public")

    sealed_store_keys: SecretStr | None = Field(
        None,
        description="Fernet keys, separated by commas, that seal secrets kept in PostgreSQL where there is no vault; the "
        "first one seals, all open; local profiles only",
    )

    storage_account_url: str = Field(description="https address of the Blob endpoint of the storage account")
    storage_container: str = Field("advisor-reports", description="Container of uploads and report files")
    storage_ca_file: Path | None = Field(None, description="Certificate authority of the Blob endpoint where not public")
    wake_queue_url: Annotated[str, Field(pattern=r"^(https://\S+)?$")] = Field(
        "", description="https address of the Queue endpoint whose messages wake workers; default: workers do not sleep"
    )

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

    azure_management_url: Annotated[str, Field(pattern=r"^https://[^/\s]+$")] = Field(
        "https://management.azure.com", description="Azure Resource Manager, where not the public cloud's"
    )
    azure_management_ca_file: Path | None = Field(None, description="Certificate authority of it where not public")

    azure_graph_queries: Annotated[int, Field(ge=1)] = Field(
        15,
        description="Queries of Resource Graph that one identity may send in five seconds",
    )

    allowed_hosts: str = Field("", description="Host names the HTTP API answers to, separated by commas; `*`: any")
    api_url: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = Field(
        "", description="Address of the HTTP API, for the doctor's probe of it"
    )
    outgoing_ports: str = Field("443", description="Ports that webhooks and other addresses given by users may use")
    outgoing_networks: str = Field(
        "", description="Private networks that such requests may go to, such as `10.20.0.0/16`, over TLS; default: none"
    )
    outgoing_hosts: str = Field(
        "", description="Hosts with port, such as `hooks.internal:8080`, that are trusted as they are, also without TLS"
    )
    outgoing_ca_file: Path | None = Field(
        None, description="Certificate authorities (PEM) of the receivers of such requests where not the public ones"
    )
    public_url: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = Field(
        "", description="Address by which people reach this installation, for links in messages; default: API_URL"
    )
    webhook_timeout_seconds: Annotated[int, Field(ge=1, le=60)] = Field(
        10, description="An endpoint of webhooks has to answer within this time, unless it has a time of its own"
    )
    webhook_retry_attempts: Annotated[int, Field(ge=1, le=10)] = Field(
        3, description="Attempts at a webhook within a minute or so, before it waits longer and longer"
    )
    webhook_disable_after_hours: Annotated[int, Field(ge=1, le=720)] = Field(
        120, description="An endpoint of webhooks that has failed without a break for this long is disabled"
    )
    credential_health_check_interval_hours: Annotated[int, Field(ge=1, le=168)] = Field(
        6, description="Every stored credential is checked this often; the checks are spread over the time"
    )
    credential_consecutive_failures_before_alert: Annotated[int, Field(ge=1, le=100)] = Field(
        3,
        description="So many failed checks in a row until `credential.failed` is told; a credential may have its own number",
    )
    credential_reminder_hours: Annotated[int, Field(ge=0, le=720)] = Field(
        24, description="A credential that goes on failing is told again this often; `0`: never again"
    )
    metrics_tenants: str = Field(
        "", description="Ids of tenants, separated by commas, 50 at most, whose failing credentials are metrics of their own"
    )
    oidc_issuer: Annotated[str, Field(pattern=r"^(https://\S+)?$")] = Field(
        "", description="https address of the identity provider that people sign in with"
    )
    oidc_audience: str = Field("", description="Client id by which that provider knows this installation")
    development_api_key: Annotated[SecretStr, Field(min_length=40)] | None = Field(
        None, description="API key that `make start` gives to the tenant Local instead of a random one; local profiles only"
    )
    debug: bool = Field(default=False, description="Log at level DEBUG; not in production")

    applicationinsights_connection_string: SecretStr | None = Field(
        None, description="Application Insights that traces and metrics go to, signed in by identity; default: none"
    )
    otel_exporter_otlp_endpoint: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = Field(
        "", description="OpenTelemetry collector (OTLP over HTTP) that traces and metrics go to; default: none"
    )
    worker_metrics_port: Annotated[int, Field(ge=1, le=65535)] | None = Field(
        None, description="Port on which a worker serves `/metrics` for Prometheus; default: not at all"
    )
    worker_metrics_host: str = Field("127.0.0.1", description="Address on which it does")

    max_upload_bytes: Annotated[int, Field(gt=0)] = Field(200 * _MEBIBYTE, description="Largest export accepted")
    max_rows: Annotated[int, Field(gt=0)] = Field(2_000_000, description="Most rows of one export")
    max_cell_chars: Annotated[int, Field(gt=0)] = Field(100_000, description="Longest cell of an export, in characters")

    max_inflated_bytes: Annotated[int, Field(gt=0)] = Field(2048 * _MEBIBYTE, description="Largest export once inflated")
    max_inflate_ratio: Annotated[int, Field(gt=1)] = Field(200, description="Most inflated bytes for each compressed one")

    upload_link_minutes: Annotated[int, Field(ge=1, le=1440)] = Field(60, description="How long an upload link is valid")
    download_link_minutes: Annotated[int, Field(ge=1, le=60)] = Field(5, description="How long a download link is valid")

    job_lease_s: Annotated[float, Field(gt=0)] = Field(60.0, description="A silent worker loses its job after this long")
    job_republish_after_s: Annotated[float, Field(gt=0)] = Field(30.0, description="A queued job unclaimed is sent again")
    sweep_interval_s: Annotated[float, Field(gt=0)] = Field(15.0, description="Between two looks for lost jobs")
    worker_soft_shutdown_s: Annotated[float, Field(ge=0)] = Field(
        45.0, description="A worker told to end finishes this long"
    )
    schema_wait_s: Annotated[float, Field(ge=0, le=3600)] = Field(
        0.0, description="How long a starting worker waits for a migration of the database that is still to come"
    )

    pdf_timeout_s: Annotated[float, Field(gt=0)] = Field(600.0, description="A PDF that takes longer is given up")
    fonts_dir: Path | None = Field(None, description="Folder of the report fonts; default: where they were installed")

    @model_validator(mode="before")
    @classmethod
    def _take_the_profiles_defaults(cls, given: dict[str, Any]) -> dict[str, Any]:
        try:
            profile = PROFILES[Environment(given.get("app_environment", ""))]
        except ValueError:
            return given  # the field itself says what is wrong
        return {name: getattr(profile, name) for name in DEFAULTS} | given

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

    @field_validator("outgoing_ports", "outgoing_networks", "outgoing_hosts")
    @classmethod
    def _readable_list(cls, value: str, info: ValidationInfo) -> str:
        {"outgoing_ports": ports_in, "outgoing_networks": networks_in, "outgoing_hosts": hosts_in}[info.field_name or ""](
            value
        )
        return value

    @field_validator("metrics_tenants")
    @classmethod
    def _few_ids(cls, value: str) -> str:
        tenant_ids_in(value)
        return value

    @field_validator("storage_account_url")
    @classmethod
    def _https_only(cls, value: str) -> str:
        if not value.startswith("https://"):
            raise ValueError("must begin with https:// (user-delegation links exist only over TLS)")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _profile_allows_it(self) -> Self:
        found = violations(self.app_environment, {name: getattr(self, name) for name in type(self).model_fields})
        if found:
            raise ValueError("; ".join(map(str, found)))
        return self

    @property
    def hosts(self) -> frozenset[str]:
        """The host names that the HTTP API answers to, in lower case."""
        return frozenset(host.strip().lower() for host in self.allowed_hosts.split(",") if host.strip())
