"""What is checked: a connection or a stored credential, as it was when the check began."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.credential_health.enrolment import AZURE
from shared.database.tables import AzureConnection, CredentialHealth, StoredCredential


@dataclass(frozen=True, slots=True)
class Subject:
    """A credential to be checked, and what those who depend on it call it."""

    id: UUID
    tenant_id: UUID
    provider: str
    credential_type: str
    row: AzureConnection | StoredCredential

    @property
    def name(self) -> str:
        """What people call it."""
        return self.row.name

    @property
    def client_id(self) -> UUID | None:
        """The client that it is for."""
        return self.row.client_id

    @property
    def secret(self) -> tuple[str, str] | None:
        """Name and version of what lies in the store of secrets."""
        if self.row.secret_name is None or self.row.secret_version is None:
            return None
        return self.row.secret_name, self.row.secret_version

    @property
    def said_to_end_at(self) -> datetime | None:
        """When it ends by what somebody said, or by its certificate."""
        return self.row.secret_expires_at if isinstance(self.row, AzureConnection) else self.row.expires_at


def subject_of(session: Session, health: CredentialHealth) -> Subject | None:
    """Return what ``health`` is about; ``None`` where it is gone."""
    found: AzureConnection | StoredCredential | None
    if health.provider == AZURE:
        living = select(AzureConnection).where(AzureConnection.id == health.id, AzureConnection.deleted_at.is_(None))
        found = session.scalars(living).one_or_none()
    else:
        found = session.get(StoredCredential, health.id)
    if found is None:
        return None
    return Subject(health.id, health.tenant_id, health.provider, health.credential_type, found)
