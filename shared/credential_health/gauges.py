"""Numbers about credentials as they stand, for those who watch the installation."""

from typing import Any

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
    # Also those of which there are none any more: a gauge keeps what it was told last.
    for provider in (AZURE, *providers.providers()):
        metrics.credentials_stand(provider, failing=0, last_success_at=None)
    failing = func.count().filter(CredentialHealth.state.in_([state.value for state in FAILURES])).label("failing")
    newest = func.max(CredentialHealth.last_success_at).label("newest")
    of_all = select(CredentialHealth.provider, failing, newest).group_by(CredentialHealth.provider)
    named = tenant_ids_in(services.settings.metrics_tenants)
    with services.system_database.across_tenants() as session:
        for row in session.execute(of_all):
            _tell(row, None)
        if named:
            of_tenants = (
                select(CredentialHealth.tenant_id, CredentialHealth.provider, failing, newest)
                .where(CredentialHealth.tenant_id.in_(named))
                .group_by(CredentialHealth.tenant_id, CredentialHealth.provider)
            )
            for of_tenant in session.execute(of_tenants):
                _tell(of_tenant, str(of_tenant.tenant_id))


def _tell(row: Any, tenant: str | None) -> None:
    at = row.newest.timestamp() if row.newest else None
    metrics.credentials_stand(row.provider, failing=row.failing, last_success_at=at, tenant=tenant)
