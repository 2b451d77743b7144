"""Files go to Blob storage by identity and come back by links that are short-lived and say what they are."""

import io
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from infra.local import ports
from shared.services import Services
from shared.settings import Settings
from shared.storage.blobs import BlobMissingError, BlobStore, BlobTooLargeError, StorageUnavailableError
from tests.integration.relays import Relay

# "Within seconds", on a slow machine with other things to do; without limits of their own, libraries wait for minutes.
_LONG_S = 60.0


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


@pytest.fixture
def silent(settings: Settings) -> Iterator[BlobStore]:
    """A store whose connections the kernel takes, and nobody ever reads from."""
    with socket.create_server((ports.HOST, 0)) as server:
        url = f"https://{ports.HOST}:{server.getsockname()[1]}/account"
        services = Services(settings.model_copy(update={"storage_account_url": url}))
        yield services.blobs
        services.close()


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda blobs: blobs.ping(), id="ping"),
        pytest.param(lambda blobs: blobs.size_of("a"), id="size"),
        pytest.param(lambda blobs: blobs.delete("a"), id="delete"),
        pytest.param(lambda blobs: next(blobs.paths_under("a")), id="list"),
        pytest.param(lambda blobs: blobs.upload_link("a", lifetime=timedelta(minutes=5)), id="link"),
        pytest.param(lambda blobs: blobs.upload("a", io.BytesIO(b"x"), content_type="text/csv"), id="upload"),
    ],
)
def test_silent_storage_is_said_within_seconds(silent: BlobStore, ask: Callable[[BlobStore], object]) -> None:
    began = time.monotonic()
    with pytest.raises(StorageUnavailableError):
        ask(silent)
    assert time.monotonic() - began < _LONG_S


def test_storage_that_falls_silent_on_an_open_connection_is_said_within_seconds(settings: Settings) -> None:
    address = urlsplit(settings.storage_account_url)
    with Relay(address.port or 443) as relay:
        url = address._replace(netloc=f"{ports.HOST}:{relay.port}").geturl()
        services = Services(settings.model_copy(update={"storage_account_url": url}))
        assert services.blobs.size_of("nothing") is None
        relay.fall_silent()
        began = time.monotonic()
        with pytest.raises(StorageUnavailableError):
            services.blobs.size_of("nothing")
        waited_s = time.monotonic() - began
        services.close()
    assert waited_s < _LONG_S


def test_all_who_wait_for_a_link_are_told_at_once(silent: BlobStore) -> None:
    began = time.monotonic()
    with ThreadPoolExecutor(5) as pool:
        asked = [pool.submit(silent.upload_link, "a", lifetime=timedelta(minutes=5)) for _ in range(5)]
        assert all(isinstance(link.exception(), StorageUnavailableError) for link in asked)
    assert time.monotonic() - began < _LONG_S


def test_storage_that_is_away_is_said_with_a_next_step(settings: Settings) -> None:
    away = settings.model_copy(update={"storage_account_url": "https://127.0.0.1:9/account"})
    with pytest.raises(StorageUnavailableError) as caught:
        Services(away).blobs.size_of("anything")
    assert caught.value.retryable
    assert caught.value.next_step
