"""A report that differs from the one before it is an event with the sums, one that does not is none."""

from sqlalchemy import select

from shared.comparison.keeping import keep
from shared.comparison.telling import tell_of_changes
from shared.database.tables import DomainEvent
from tests.integration.comparison.conftest import Estate
from tests.unit.savings.offers import finding


def _events(estate: Estate, *names: list[str]) -> list[DomainEvent]:
    before, now = (estate.snapshot([finding(1, name=name) for name in each]) for each in names)
    report_id = estate.report(now)
    comparison = estate.compare(before, now, report_id=report_id)
    with estate.database.tenant(estate.tenant_id) as session:
        keep(session, estate.tenant_id, report_id, comparison)
        tell_of_changes(session, estate.tenant_id, report_id)
    with estate.database.tenant(estate.tenant_id) as session:
        return list(session.scalars(select(DomainEvent)))


def test_changes_are_told_as_sums(estate: Estate) -> None:
    (event,) = _events(estate, ["same", "gone"], ["same", "new", "newer"])
    assert (event.type, event.client_id) == ("report.changed", estate.client_id)
    assert {name: event.data[name] for name in ("appeared", "resolved", "changed", "unchanged")} == {
        "appeared": 2,
        "resolved": 1,
        "changed": 0,
        "unchanged": 1,
    }


def test_nothing_is_told_where_nothing_changed(estate: Estate) -> None:
    assert _events(estate, ["same"], ["same"]) == []
