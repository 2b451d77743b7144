"""Files go to Blob storage by identity and come back by links that are short-lived and say what they are."""

import io
import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from shared.services import Services
from shared.settings import Settings
from shared.storage.blobs import BlobMissingError, BlobStore, BlobTooLargeError, StorageUnavailableError


@pytest.fixture
def blobs(settings: Settings) -> Iterator[BlobStore]:
    services = Services(settings)
    services.blobs.create_container()
    yield services.blobs
    services.close()


@pytest.fixture
def http(settings: Settings) -> Iterator[httpx.Client]:
    with httpx.Client(verify=ssl.create_default_context(cafile=str(settings.storage_ca_file))) as client:
        yield client


def test_what_goes_up_comes_down(blobs: BlobStore, tmp_path: Path) -> None:
    content = bytes(range(256)) * 40_000
    blobs.upload("tenant/reports/a.pdf", io.BytesIO(content), content_type="application/pdf")
    assert blobs.size_of("tenant/reports/a.pdf") == len(content)
    assert blobs.download("tenant/reports/a.pdf", tmp_path / "a.pdf") == len(content)
    assert (tmp_path / "a.pdf").read_bytes() == content


def test_a_download_link_names_the_file_in_any_script(blobs: BlobStore, http: httpx.Client) -> None:
    blobs.upload("tenant/reports/b", io.BytesIO(b"report"), content_type="application/octet-stream")
    link = blobs.download_link(
        "tenant/reports/b",
        file_name='Contoso "北京" – report.pdf',
        content_type="application/pdf",
        lifetime=timedelta(minutes=5),
    )
    answer = http.get(link)
    assert answer.content == b"report"
    assert answer.headers["content-type"] == "application/pdf"
    assert "filename*=UTF-8''Contoso%20%22%E5%8C%97%E4%BA%AC%22" in answer.headers["content-disposition"]


def test_a_download_link_cannot_write(blobs: BlobStore, http: httpx.Client) -> None:
    blobs.upload("tenant/reports/c", io.BytesIO(b"report"), content_type="text/plain")
    link = blobs.download_link("tenant/reports/c", file_name="c", content_type="text/plain", lifetime=timedelta(minutes=5))
    assert http.put(link, content=b"other", headers={"x-ms-blob-type": "BlockBlob"}).status_code == 403
    assert http.get(link.replace("reports/c", "reports/b")).status_code in {403, 404}


def test_an_expired_link_opens_nothing(blobs: BlobStore, http: httpx.Client) -> None:
    blobs.upload("tenant/reports/d", io.BytesIO(b"report"), content_type="text/plain")
    link = blobs.download_link("tenant/reports/d", file_name="d", content_type="text/plain", lifetime=-timedelta(minutes=1))
    assert http.get(link).status_code == 403


def test_an_upload_link_takes_one_file_and_shows_none(blobs: BlobStore, http: httpx.Client) -> None:
    link = blobs.upload_link("tenant/uploads/e", lifetime=timedelta(minutes=5))
    assert http.put(link, content=b"export", headers={"x-ms-blob-type": "BlockBlob"}).status_code == 201
    assert blobs.size_of("tenant/uploads/e") == 6
    assert http.get(link).status_code == 403


def test_a_missing_file_is_said(blobs: BlobStore, tmp_path: Path) -> None:
    assert blobs.size_of("tenant/nothing") is None
    blobs.delete("tenant/nothing")
    with pytest.raises(BlobMissingError):
        blobs.download("tenant/nothing", tmp_path / "nothing")


def test_a_file_over_the_limit_is_refused_before_it_is_read(blobs: BlobStore, tmp_path: Path) -> None:
    blobs.upload("tenant/uploads/f", io.BytesIO(b"x" * 1000), content_type="text/csv")
    with pytest.raises(BlobTooLargeError, match="1,000 bytes"):
        blobs.download("tenant/uploads/f", tmp_path / "f", max_bytes=999)
    assert not (tmp_path / "f").exists()


def test_files_are_listed_by_prefix(blobs: BlobStore) -> None:
    for name in ("g/1", "g/2", "h/1"):
        blobs.upload(name, io.BytesIO(b"."), content_type="text/plain")
    assert list(blobs.paths_under("g/")) == ["g/1", "g/2"]


def test_storage_that_is_away_is_said_with_a_next_step(settings: Settings) -> None:
    away = settings.model_copy(update={"storage_account_url": "https://127.0.0.1:9/account"})
    with pytest.raises(StorageUnavailableError) as caught:
        Services(away).blobs.size_of("anything")
    assert caught.value.retryable
    assert caught.value.next_step
