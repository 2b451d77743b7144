"""Marks hold for a finding wherever it is seen again."""

from datetime import date

import pytest

from shared.comparison import mark_store
from shared.comparison.mark_store import FindingNotFoundError
from shared.comparison.marks import Mark, MarkStatus
from tests.integration.comparison.conftest import Estate
from tests.integration.comparison.test_comparing import as_portal
from tests.unit.savings.offers import finding

PLANNED = Mark(status=MarkStatus.PLANNED, owner="Ada", due_on=date(2026, 3, 1))


def put(estate: Estate, fingerprint: bytes, mark: Mark | None) -> None:
    with estate.database.tenant(estate.tenant_id) as session:
        mark_store.set_mark(session, estate.tenant_id, estate.client_id, fingerprint, mark, marked_by="key")


def held(estate: Estate) -> dict[bytes, MarkStatus]:
    with estate.database.tenant(estate.tenant_id) as session:
        marks = mark_store.marks_of(session, estate.client_id)
    return {fingerprint: mark.status for fingerprint, mark in marks.items()}


def test_a_mark_holds_across_sources_until_the_other_has_its_own(estate: Estate) -> None:
    api = finding(5, name="a", resource_group="rg")
    portal = as_portal(api, 1)
    estate.snapshot([api, finding(6, name="b", resource_group="rg")])
    put(estate, api.fingerprint, PLANNED)
    estate.snapshot([portal], "portal_csv")
    assert held(estate) == {api.fingerprint: MarkStatus.PLANNED, portal.fingerprint: MarkStatus.PLANNED}
    put(estate, portal.fingerprint, Mark(status=MarkStatus.DONE))
    assert held(estate) == {api.fingerprint: MarkStatus.PLANNED, portal.fingerprint: MarkStatus.DONE}


def test_a_mark_that_was_taken_off_holds_nowhere(estate: Estate) -> None:
    api = finding(5, name="a", resource_group="rg")
    estate.snapshot([api])
    estate.snapshot([as_portal(api, 1)], "portal_csv")
    put(estate, api.fingerprint, PLANNED)
    put(estate, api.fingerprint, None)
    assert held(estate) == {}


def test_what_the_client_never_had_cannot_be_marked(estate: Estate) -> None:
    with pytest.raises(FindingNotFoundError):
        put(estate, bytes(16), PLANNED)
