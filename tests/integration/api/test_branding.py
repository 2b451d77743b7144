"""Branding over HTTP: what a tenant and its clients wish, and what their reports then look like."""

import io
from typing import Any
from uuid import UUID

import pypdf
import pytest
from httpx import Client
from PIL import Image
from sqlalchemy import text

from shared.access import Scope
from shared.branding.stored import load
from shared.database.session import Database
from shared.jobs import execution
from shared.services import Services
from shared.storage.paths import branding_preview_path
from tests.integration.api.conftest import MakeKey
from tests.integration.api.serving import Served, caller
from worker.jobs.preview_branding import preview_branding

TENANT = "/api/v1/branding"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><script>alert(1)</script><path d="M0 0h40v20z"/></svg>'


@pytest.fixture
def of_client(client_id: str) -> str:
    return f"/api/v1/clients/{client_id}/branding"


@pytest.fixture
def png() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (30, 10), "#14532d").save(written, format="PNG")
    return written.getvalue()


def put(api: Client, path: str, wishes: dict[str, object], version: str = "*") -> dict[str, Any]:
    answer = api.put(path, json=wishes, headers={"If-Match": version})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_nothing_wished_is_the_products_own_look(api: Client) -> None:
    answer = api.get(TENANT)
    assert answer.headers["ETag"] == '"0"'
    body = answer.json()
    assert set(body["wishes"].values()) == {None}
    assert (body["effective"]["primary_colour"], body["effective"]["language"]) == ("#0e2b3d", "en")
    assert (body["corrections"], body["logo"], body["updated_at"]) == ([], None, None)


def test_a_client_overrides_its_tenant_field_by_field(api: Client, of_client: str) -> None:
    put(api, TENANT, {"primary_colour": "#14532D", "footer": "Confidential", "language": "de", "contact": "Fabrikam"})
    put(api, of_client, {"language": "pt_br", "footer": "", "title": " Revisão "})
    body = api.get(of_client).json()
    assert body["wishes"]["primary_colour"] is None
    effective = body["effective"]
    assert (effective["primary_colour"], effective["contact"]) == ("#14532d", "Fabrikam")
    assert (effective["language"], effective["footer"], effective["title"]) == ("pt-BR", "", "Revisão")
    assert api.delete(of_client).status_code == 204
    assert api.get(of_client).json()["effective"]["footer"] == "Confidential"


def test_a_colour_that_cannot_be_read_is_corrected_and_said(api: Client) -> None:
    body = put(api, TENANT, {"primary_colour": "#ffc107", "accent_colour": "#0b6e8f"})
    assert body["wishes"]["primary_colour"] == "#ffc107"
    (correction,) = body["corrections"]
    assert (correction["field"], correction["wanted"]) == ("primary_colour", "#ffc107")
    assert correction["printed"] == body["effective"]["primary_colour"]
    assert "4.5" in correction["reason"]


@pytest.mark.parametrize(
    ("wishes", "field", "said"),
    [
        ({"primary_colour": "red"}, "primary_colour", "#0b6e8f"),
        ({"language": "tlh"}, "language", "de (Deutsch)"),
        ({"font": "Comic Sans"}, "font", "Noto Sans"),
        ({"footer": "x" * 121}, "footer", "120"),
        ({"title": "a\0"}, "title", "control characters"),
        ({"logo": "x"}, "logo", ""),
    ],
)
def test_a_wish_that_cannot_be_is_named_with_what_can(api: Client, wishes: object, field: str, said: str) -> None:
    answer = api.put(TENANT, json=wishes, headers={"If-Match": "*"})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert said in error["message"]


def test_a_change_names_the_version_it_is_based_on(api: Client) -> None:
    assert api.put(TENANT, json={}).status_code == 428
    first = api.put(TENANT, json={"footer": "1"}, headers={"If-Match": '"0"'})
    assert (first.status_code, first.headers["ETag"]) == (200, '"1"')
    assert api.put(TENANT, json={"footer": "2"}, headers={"If-Match": '"0"'}).status_code == 412
    assert put(api, TENANT, {"footer": "2"}, '"1"')["version"] == 2
    assert put(api, TENANT, {"footer": "2"}, '"2"')["effective"] == put(api, TENANT, {"footer": "2"})["effective"]


def test_changes_are_in_the_audit_log(api: Client, of_client: str, png: bytes, database: Database, tenant: UUID) -> None:
    put(api, of_client, {"footer": "1"})
    api.put(f"{of_client}/logo", content=png)
    api.delete(f"{of_client}/logo")
    api.delete(of_client)
    with database.tenant(tenant) as session:
        query = text("select details ->> 'branding' from audit_event where target_kind = 'branding' order by id")
        assert session.scalars(query).all() == ["changed", "logo changed", "logo removed", "removed"]


def test_a_logo_is_cleaned_kept_replaced_and_removed(
    api: Client, of_client: str, png: bytes, services: Services, tenant: UUID
) -> None:
    taken = api.put(f"{of_client}/logo", content=SVG, headers={"Content-Type": "image/svg+xml"})
    assert taken.status_code == 200, taken.text
    assert taken.json()["removed"] == ["script"]
    shown = api.get(f"{of_client}/logo")
    assert shown.headers["Content-Type"] == "image/svg+xml"
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert b"alert" not in shown.content
    assert api.get(f"{of_client}/logo", headers={"If-None-Match": shown.headers["ETag"]}).status_code == 304

    assert api.put(f"{of_client}/logo", content=png).status_code == 200
    assert api.get(f"{of_client}/logo").content.startswith(b"\x89PNG")
    put(api, of_client, {"footer": "kept"})
    assert api.get(of_client).json()["logo"]["width"] == 30
    files = list(services.blobs.paths_under(f"{tenant}/branding/"))
    assert len(files) == 1, "what was replaced is removed"

    assert api.delete(f"{of_client}/logo").status_code == 204
    assert api.delete(f"{of_client}/logo").status_code == 204
    gone = api.get(f"{of_client}/logo")
    assert (gone.status_code, gone.json()["code"]) == (404, "logo_not_found")
    assert api.get(of_client).json()["effective"]["footer"] == "kept"
    assert list(services.blobs.paths_under(f"{tenant}/branding/")) == []


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<svg/>", b"\x89PNG\r\n\x1a\n", b"x" * (600 * 1024)])
def test_what_is_no_logo_is_refused_and_nothing_is_kept(api: Client, content: bytes) -> None:
    answer = api.put(f"{TENANT}/logo", content=content)
    assert (answer.status_code, answer.json()["code"]) == (400, "logo_refused")
    assert answer.json()["next_step"]
    assert api.get(TENANT).json()["version"] == 0


def test_reports_get_the_clients_look_with_the_tenants_logo(
    api: Client, client_id: str, png: bytes, services: Services, tenant: UUID
) -> None:
    of_client = f"/api/v1/clients/{client_id}/branding"
    api.put(f"{TENANT}/logo", content=png)
    put(api, of_client, {"accent_colour": "#b45309", "font": "IBM Plex Sans", "cover_text": "Prepared for you"})
    branding = load(services, tenant, UUID(client_id))
    assert (branding.accent, branding.font.value, branding.cover_text) == ("#b45309", "IBM Plex Sans", "Prepared for you")
    assert branding.logo is not None
    assert (branding.logo.media_type, branding.logo.width) == ("image/png", 30)
    services.blobs.delete(next(iter(services.blobs.paths_under(f"{tenant}/branding/"))))
    assert load(services, tenant, UUID(client_id)).logo is None, "a report without a logo is better than none"


def test_a_deleted_client_leaves_no_logo_behind(
    api: Client, client_id: str, png: bytes, services: Services, tenant: UUID
) -> None:
    api.put(f"/api/v1/clients/{client_id}/branding/logo", content=png)
    assert api.delete(f"/api/v1/clients/{client_id}").status_code == 204
    assert list(services.blobs.paths_under(f"{tenant}/branding/")) == []


def test_the_preview_is_in_the_language_and_colours_and_runs_nothing(api: Client, of_client: str) -> None:
    put(api, TENANT, {"title": "<script>alert(1)</script>", "primary_colour": "#14532d", "language": "de"})
    api.put(f"{TENANT}/logo", content=SVG)
    page = api.get(f"{of_client}/preview")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert '<html lang="de"' in page.text
    assert "#14532d" in page.text
    assert "data:image/svg+xml;base64," in page.text
    assert "<script>" not in page.text
    assert "48.250" in page.text
    tried = api.post(f"{of_client}/preview", json={"primary_colour": "#7c2d12"}, params={"language": "ja"})
    assert '<html lang="ja"' in tried.text
    assert "#7c2d12" in tried.text
    assert api.get(of_client).json()["version"] == 0
    assert api.get(f"{TENANT}/preview", params={"language": "tlh"}).status_code == 422


def test_a_sample_report_is_made_in_the_look_and_handed_out(
    api: Client, client_id: str, png: bytes, services: Services, tenant: UUID
) -> None:
    path = f"/api/v1/clients/{client_id}/branding/preview/pdf"
    missing = api.get(path)
    assert (missing.status_code, missing.json()["code"]) == (404, "preview_not_found")
    api.put(f"{TENANT}/logo", content=png)
    ordered = api.post(path, params={"language": "fr"})
    assert (ordered.status_code, ordered.json()["kind"]) == (202, "preview_branding")
    job_id = UUID(ordered.json()["id"])
    done = execution.execute(services, preview_branding, tenant_id=tenant, job_id=job_id, worker="tested")
    assert done == "succeeded"
    assert api.get(ordered.headers["Location"]).json()["result"]["warnings"] == []
    assert "preview.pdf" in api.get(path).headers["Location"]
    content = services.blobs.read(branding_preview_path(tenant, UUID(client_id)), max_bytes=10_000_000)
    words = pypdf.PdfReader(io.BytesIO(content)).pages[0].extract_text()
    assert "Rapport Azure Advisor" in " ".join(words.split())
    assert api.delete(f"/api/v1/clients/{client_id}/branding").status_code == 204
    assert api.get(path).status_code == 404


def test_nobody_sees_or_changes_the_branding_of_another_tenant(
    api: Client, of_client: str, png: bytes, stranger: Client
) -> None:
    put(api, TENANT, {"footer": "Ours"})
    api.put(f"{of_client}/logo", content=png)
    assert stranger.get(TENANT).json()["effective"]["footer"] == ""
    for method, path in (
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "/logo"),
        ("PUT", "/logo"),
        ("DELETE", "/logo"),
        ("GET", "/preview"),
    ):
        answer = stranger.request(method, of_client + path, content=png if method == "PUT" else None)
        assert (answer.status_code, answer.json()["code"]) == (404, "client_not_found"), (method, path)
    assert api.get(f"{of_client}/logo").status_code == 200


def test_reading_and_changing_need_their_scopes(served: Served, make_key: MakeKey, tenant: UUID) -> None:
    reader = caller(served, make_key(tenant, Scope.CLIENTS_READ))
    assert reader.get(TENANT).status_code == 200
    assert reader.put(TENANT, json={}, headers={"If-Match": "*"}).status_code == 403
    assert reader.put(f"{TENANT}/logo", content=SVG).status_code == 403
    assert caller(served, make_key(tenant, Scope.REPORTS_READ)).get(TENANT).status_code == 403
