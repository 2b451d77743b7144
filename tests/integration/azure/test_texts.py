"""Microsoft's texts are read again once a day, in the languages that somebody asked for and no others."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from shared.azure import metadata
from shared.database.tables import AdvisorMetadata, AdvisorMetadataLanguage, BrandingRow, RecommendationRow, ReportFile
from shared.identifiers import new_id
from shared.reports import ReportFormat
from shared.services import Services
from shared.ticks.advisor_texts import refresh_texts
from tests.integration.azure.conftest import Tenancy
from tests.simulators.azure_management import AzureManagement
from tests.simulators.faults import Fault
from worker.jobs.generate_report import generate_report


@pytest.fixture
def german(services: Services) -> Iterator[None]:
    """German was read once, two days ago, and had one text; afterwards nothing was ever read."""
    with services.system_database.across_tenants() as session:
        session.execute(delete(AdvisorMetadataLanguage))
        session.add(AdvisorMetadataLanguage(language="de", refreshed_at=datetime.now(UTC) - timedelta(days=2)))
        session.flush()
        session.add(AdvisorMetadata(language="de", recommendation_type_id="old", details={"display_name": "Alt"}))
    yield
    # A language that is known and stale would have the ticks of other tests ask Azure itself.
    with services.system_database.across_tenants() as session:
        session.execute(delete(AdvisorMetadataLanguage))


def test_known_languages_are_read_again_and_only_those(services: Services, german: None, azure: AzureManagement) -> None:
    assert refresh_texts(services).endswith("types in 1 languages")
    texts = metadata.texts(services.database, "de-AT")
    assert "old" not in texts
    assert all(text.display_name.startswith("[de] ") for text in texts.values())
    with services.system_database.across_tenants() as session:
        assert session.scalars(select(AdvisorMetadataLanguage.language)).all() == ["de"]
    assert refresh_texts(services) == "nothing due"


def test_texts_stay_where_azure_refuses(services: Services, german: None, azure: AzureManagement) -> None:
    azure.faults.plan(Fault.FORBIDDEN, times=10)
    assert refresh_texts(services) == "read 0 types, failed: de (azure_permission_missing)"
    assert set(metadata.texts(services.database, "de")) == {"old"}


def test_language_that_fails_costs_no_other(services: Services, german: None, azure: AzureManagement) -> None:
    with services.system_database.across_tenants() as session:
        session.add(AdvisorMetadataLanguage(language="fr", refreshed_at=datetime.now(UTC) - timedelta(days=2)))
    azure.faults.plan(Fault.FORBIDDEN)
    assert refresh_texts(services).endswith("types, failed: de (azure_permission_missing)")
    assert set(metadata.texts(services.database, "de")) == {"old"}
    assert len(metadata.texts(services.database, "fr")) > 30


def test_odd_text_costs_its_type_alone(
    services: Services, german: None, azure: AzureManagement, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd: list[dict[str, Any]] = [
        {"recommendationTypeId": None},
        {"recommendationTypeId": "A-1", "displayName": {"not": "text"}},
        {"recommendationTypeId": "A-2", "displayName": "Nul\0l", "sourceProperties": {"serviceRetirement": "soon"}},
    ]

    def rows(language: str) -> list[dict[str, Any]]:
        return [_metadata_row({**properties, "language": language}) for properties in odd]

    monkeypatch.setattr("tests.simulators.resource_graph.metadata_rows", rows)
    assert refresh_texts(services) == "read 1 types in 1 languages"
    assert {type_id: text.display_name for type_id, text in metadata.texts(services.database, "de").items()} == {
        "a-2": "Null"
    }


def _metadata_row(properties: dict[str, Any]) -> dict[str, Any]:
    return {"id": "/providers/x", "type": "microsoft.advisor/metadata", "properties": properties}


def test_fetch_goes_on_without_texts(tenancy: Tenancy, german: None, azure: AzureManagement) -> None:
    azure.estate.languages = ()
    report_id = tenancy.order()
    assert tenancy.run(report_id) == "succeeded"


def test_texts_are_read_in_the_language_of_the_clients_branding(tenancy: Tenancy, azure: AzureManagement) -> None:
    with tenancy.services.database.tenant(tenancy.tenant_id) as session:
        session.add(BrandingRow(id=new_id(), tenant_id=tenancy.tenant_id, client_id=tenancy.client_id, language="fr"))
    assert tenancy.run(tenancy.order()) == "succeeded"
    assert len(metadata.texts(tenancy.services.database, "fr")) > 30


def test_a_report_is_in_microsofts_words_and_marks_those_that_are_in_english(
    tenancy: Tenancy, german: None, azure: AzureManagement
) -> None:
    report_id = tenancy.order(file_format=ReportFormat.HTML, language="de")
    assert tenancy.run(report_id) == "succeeded"
    with tenancy.services.database.tenant(tenancy.tenant_id) as session:
        types = sorted({one.lower() for one in session.scalars(select(RecommendationRow.recommendation_type_id)) if one})
    with tenancy.services.system_database.across_tenants() as session:
        untold = (AdvisorMetadata.language == "de", AdvisorMetadata.recommendation_type_id == types[0])
        session.execute(delete(AdvisorMetadata).where(*untold))
    assert tenancy.run(report_id, generate_report) == "succeeded"

    with tenancy.services.database.tenant(tenancy.tenant_id) as session:
        path = session.scalars(select(ReportFile.blob_path).where(ReportFile.report_id == report_id)).one()
    page = tenancy.services.blobs.read(str(path), max_bytes=10_000_000).decode()
    titles = re.findall(r"<h3><bdi( lang=\"en\")?>(.*?)</bdi></h3>", page)
    assert [title for mark, title in titles if bool(mark) == title.startswith("[de] ")] == []
    assert len([title for mark, title in titles if mark]) == 1
    assert len(titles) == len(types)


@pytest.mark.parametrize(
    ("tag", "spelled"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("pt", "pt-br"),
        ("pt_PT", "pt-pt"),
        ("de-AT", "de"),
        ("zh-TW", "zh-hant"),
        ("xx", "en"),
    ],
)
def test_languages_are_spelled_as_azure_spells_them(tag: str, spelled: str) -> None:
    assert metadata.azure_language(tag) == spelled
