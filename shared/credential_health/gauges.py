"""Numbers about credentials as they stand, for those who watch the installation."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from shared.credential_health import providers
from shared.credential_health.enrolment import AZURE
from shared.credential_health.states import FAILURES
from shared.database.tables import CredentialHealth
from shared.services import Services
from shared.settings.named_tenants import tenant_ids_in
from shared.telemetry import metrics


def note(services: Services) -> None:
    """Take down how many credentials fail now, where anybody reads it; one that is well again is no longer counted."""
    if not metrics.is_enabled():
        return
    failing = func.count().filter(CredentialHealth.state.in_([state.value for state in FAILURES])).label("failing")
    newest = func.max(CredentialHealth.last_success_at).label("newest")
    of_all = select(CredentialHealth.provider, failing, newest).group_by(CredentialHealth.provider)
    of_tenants = of_all.add_columns(CredentialHealth.tenant_id).group_by(CredentialHealth.tenant_id)
    named = tenant_ids_in(services.settings.metrics_tenants)
    with services.system_database.across_tenants() as session:
        found: dict[tuple[UUID | None, str], Any] = {(None, row.provider): row for row in session.execute(of_all)}
        if named:
            rows = session.execute(of_tenants.where(CredentialHealth.tenant_id.in_(named)))
            found |= {(row.tenant_id, row.provider): row for row in rows}
    # Also those of which there are none any more: a gauge keeps what it was told last. Not before the answer is there: no
    # database that is away makes all well.
    every = ((tenant_id, provider) for tenant_id in (None, *named) for provider in (AZURE, *providers.providers()))
    for tenant_id, provider in dict.fromkeys((*every, *found)):
        _tell(found.get((tenant_id, provider)), provider, None if tenant_id is None else str(tenant_id))


def _tell(row: Any, provider: str, tenant: str | None) -> None:
    at = row.newest.timestamp() if row is not None and row.newest else None
    metrics.credentials_stand(provider, failing=0 if row is None else row.failing, last_success_at=at, tenant=tenant)
