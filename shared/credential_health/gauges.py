"""Numbers about credentials as they stand, for those who watch the installation."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import product
from uuid import UUID

from sqlalchemy import BindParameter, TableValuedAlias, Text, Uuid, bindparam, column, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from shared.credential_health import providers
from shared.credential_health.enrolment import AZURE
from shared.credential_health.states import FAILURES
from shared.database.tables import CredentialHealth
from shared.services import Services
from shared.settings.named_tenants import tenant_ids_in
from shared.telemetry import metrics

_log = logging.getLogger(__name__)

_Of = tuple[UUID | None, str]
"""A tenant (``None``: all of them) and a provider."""

# Written out, so that the server knows the condition of the index that holds nothing but failures.
_FAILING: BindParameter[list[str]] = bindparam("failing", sorted(FAILURES), literal_execute=True, expanding=True)


def note(services: Services) -> None:
    """Take down how many credentials fail now, where anybody reads it; one that is well again is no longer counted.

    What that costs grows with how many fail, not with how many there are.
    """
    if not metrics.is_enabled():
        return
    named = sorted(tenant_ids_in(services.settings.metrics_tenants))
    known = [AZURE, *providers.providers()]
    with services.system_database.across_tenants() as session:
        failing = _failing(session, named)
        newest = _newest(session, named, known)
    # Also those of which there are none any more: a gauge keeps what it was told last. Not before the answer is there: no
    # database that is away makes all well.
    every: list[_Of] = [(tenant_id, provider) for tenant_id in (None, *named) for provider in known]
    for of in dict.fromkeys((*every, *failing)):
        tenant_id, provider = of
        at = newest.get(of)
        metrics.credentials_stand(
            provider,
            failing=failing.get(of, 0),
            last_success_at=at.timestamp() if at else None,
            tenant=str(tenant_id) if tenant_id else None,
        )


def report(services: Services) -> str:
    """Log how many credentials fail of which people were told, if any, for alerts to read; return that in a few words."""
    told = select(func.count()).where(CredentialHealth.state.in_(_FAILING), CredentialHealth.told_at.is_not(None))
    with services.system_database.across_tenants() as session:
        number = session.scalars(told).one()
    if number:
        _log.warning("credentials do not work", extra={"action": "credentials_failing", "failing": number})
    return f"{number} fail"


def _failing(session: Session, named: Sequence[UUID]) -> dict[_Of, int]:
    number = func.count().label("number")
    of_all = (
        select(CredentialHealth.provider, number)
        .where(CredentialHealth.state.in_(_FAILING))
        .group_by(CredentialHealth.provider)
    )
    found: dict[_Of, int] = {(None, row.provider): row.number for row in session.execute(of_all)}
    if named:
        of_tenants = of_all.add_columns(CredentialHealth.tenant_id).group_by(CredentialHealth.tenant_id)
        rows = session.execute(of_tenants.where(CredentialHealth.tenant_id.in_(named)))
        found |= {(row.tenant_id, row.provider): row.number for row in rows}
    return found


def _newest(session: Session, named: Sequence[UUID], known: Sequence[str]) -> dict[_Of, datetime | None]:
    """Return when a credential last worked: one look at the end of an index for each answer."""
    of_all = _asked((None, provider) for provider in known)
    last = select(func.max(CredentialHealth.last_success_at)).where(CredentialHealth.provider == of_all.c.provider)
    rows = session.execute(select(of_all, last.scalar_subquery().label("at"))).all()
    if named:
        of_tenants = _asked(product(named, known))
        last = select(func.max(CredentialHealth.last_success_at)).where(
            CredentialHealth.tenant_id == of_tenants.c.tenant_id, CredentialHealth.provider == of_tenants.c.provider
        )
        rows = [*rows, *session.execute(select(of_tenants, last.scalar_subquery().label("at")))]
    return {(row.tenant_id, row.provider): row.at for row in rows}


def _asked(wanted: Iterable[_Of]) -> TableValuedAlias:
    tenant_ids, names = zip(*wanted, strict=True)
    pairs = func.unnest(literal(tenant_ids, ARRAY(Uuid())), literal(names, ARRAY(Text())))
    columns = column("tenant_id", Uuid()), column("provider", Text())
    return pairs.table_valued(*columns, name="asked").render_derived()
