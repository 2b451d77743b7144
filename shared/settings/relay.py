"""The relay that mail is handed to, and what mails are like."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from shared.settings.mail import checked_mail_address

_MEBIBYTE = 1024 * 1024


class SmtpSecurity(StrEnum):
    """How the connection to the relay is made safe."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class RelaySettings(BaseSettings):
    """What can be set about mail."""

    smtp_host: str = Field("", description="Host of the relay that mail is handed to; default: no mail is sent")
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = Field(587, description="Its port")
    smtp_security: SmtpSecurity = Field(
        SmtpSecurity.STARTTLS,
        description="`starttls`, `tls` (from the first byte, mostly port 465) or, to this very machine only, `none`",
    )
    smtp_ca_file: Path | None = Field(None, description="Certificate authority of the relay where not public")
    smtp_user: str = Field("", description="User name for the relay; default: it asks for none")
    smtp_password_secret: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{0,127}$")] = Field(
        "", description="Name of the secret in the Key Vault that holds its password"
    )
    smtp_password: SecretStr | None = Field(None, description="Its password; local profiles only")
    smtp_timeout_seconds: Annotated[int, Field(ge=1, le=120)] = Field(
        30, description="Handing one mail to the relay takes this long at most, each of its answers included"
    )
    mail_per_minute: Annotated[int, Field(ge=0, le=100_000)] = Field(
        0,
        description="Mails that all workers together hand over in a minute, for relays with a quota; 0: as many as come",
    )
    mail_from: str = Field("", description="Address that mail comes from, such as `reports@example.com`")
    mail_from_name: Annotated[str, Field(max_length=100)] = Field(
        "", description="Name that stands before it; default: the name of the tenant whose mail it is"
    )
    mail_reply_to: str = Field("", description="Address that answers to mail go to; default: where it came from")
    mail_link_days: Annotated[int, Field(ge=1, le=90)] = Field(
        7, description="How long the links to report files in mails are valid"
    )
    mail_attachment_max_bytes: Annotated[int, Field(ge=0, le=20 * _MEBIBYTE)] = Field(
        5 * _MEBIBYTE,
        description="Largest report file that is attached, for recipients who want that; larger ones are linked; 0: none",
    )
    mail_reports_key_sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = Field(
        "",
        description="SHA-256, in hexadecimal, of the key that comes with the relay's reports; default: none are taken",
    )

    @field_validator("mail_from", "mail_reply_to")
    @classmethod
    def _mail_address(cls, value: str) -> str:
        return checked_mail_address(value) if value else value

    @field_validator("mail_from_name")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("must be one line of printable characters")
        return value
