"""The container of uploads and report files."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import (
    BlobSasPermissions,
    BlobServiceClient,
    ContainerClient,
    ContentSettings,
    LinearRetry,
    UserDelegationKey,
    generate_blob_sas,
)

from shared.errors import AdvisorReportsError
from shared.settings import Settings

_CONNECT_TIMEOUT_S = 5
_READ_TIMEOUT_S = 60
# Four tries within some three seconds: long enough for a hiccup, short enough for a caller who waits. Jobs try again later.
_RETRIES = 3
_RETRY_PAUSE_S = 1
_BLOCK_BYTES = 8 * 1024 * 1024
# A delegation key may live for seven days; a day keeps the calls rare and a leak short.
_DELEGATION_KEY_LIFETIME = timedelta(hours=24)
# Clocks differ: a link is valid a little before it was made.
_CLOCK_SKEW = timedelta(minutes=5)


class StorageUnavailableError(AdvisorReportsError):
    """Blob storage did not answer as it should."""

    code = "storage_unavailable"
    retryable = True


class ContainerMissingError(StorageUnavailableError):
    """The container that the settings name does not exist."""

    code = "container_missing"
    retryable = False


class BlobMissingError(AdvisorReportsError):
    """A file that should be in Blob storage is not there."""

    code = "blob_missing"


class BlobStore:
    """Uploads, downloads and signs links in one container; safe to share between threads."""

    def __init__(self, settings: Settings, credential: TokenCredential) -> None:
        verify: dict[str, Any] = {}
        if settings.storage_ca_file is not None:
            verify["connection_verify"] = str(settings.storage_ca_file)
        self._service = BlobServiceClient(
            settings.storage_account_url,
            credential=credential,
            connection_timeout=_CONNECT_TIMEOUT_S,
            read_timeout=_READ_TIMEOUT_S,
            max_block_size=_BLOCK_BYTES,
            max_single_put_size=_BLOCK_BYTES,
            retry_policy=LinearRetry(backoff=_RETRY_PAUSE_S, retry_total=_RETRIES, random_jitter_range=0),
            **verify,
        )
        self._container: ContainerClient = self._service.get_container_client(settings.storage_container)
        self._key: UserDelegationKey | None = None
        self._key_expires_at = datetime.min.replace(tzinfo=UTC)
        self._lock = threading.Lock()

    def create_container(self) -> None:
        """Make the container where it does not exist; for local stacks, the templates make it in Azure."""
        with _translated("make the container"):
            try:
                self._container.create_container()
            except ResourceExistsError:
                return

    def ping(self) -> None:
        """Ask the container for a sign of life; raises :class:`StorageUnavailableError`."""
        with _translated("answer"):
            self._container.get_container_properties(timeout=_CONNECT_TIMEOUT_S, retry_total=0)

    def upload(self, path: str, source: IO[bytes], *, content_type: str, size_bytes: int | None = None) -> None:
        """Write ``source`` to ``path``, replacing what is there; streamed in blocks."""
        with _translated("take a file"):
            self._container.upload_blob(
                path,
                source,
                length=size_bytes,
                overwrite=True,
                content_settings=ContentSettings(content_type=content_type),
            )

    def download(self, path: str, destination: Path, *, max_bytes: int | None = None) -> int:
        """Write the blob at ``path`` to ``destination`` and return its size in bytes.

        Raises :class:`BlobMissingError`, or :class:`BlobTooLargeError` before anything is read.
        """
        with _translated("hand out a file"):
            stream = self._container.download_blob(path, max_concurrency=2)
            if max_bytes is not None and stream.size > max_bytes:
                raise BlobTooLargeError(stream.size, max_bytes)
            with destination.open("wb") as target:
                return stream.readinto(target)

    def size_of(self, path: str) -> int | None:
        """Return the size in bytes of the blob at ``path``, ``None`` where there is none."""
        with _translated("describe a file"):
            try:
                properties = self._container.get_blob_client(path).get_blob_properties()
            except ResourceNotFoundError:
                return None
        return int(properties.size)

    def delete(self, path: str) -> None:
        """Remove the blob at ``path``; nothing happens where there is none."""
        with _translated("remove a file"):
            try:
                self._container.delete_blob(path)
            except ResourceNotFoundError:
                return

    def paths_under(self, prefix: str) -> Iterator[str]:
        """Yield the paths of all blobs that begin with ``prefix``."""
        with _translated("list files"):
            for name in self._container.list_blob_names(name_starts_with=prefix):
                yield str(name)

    def download_link(self, path: str, *, file_name: str, content_type: str, lifetime: timedelta) -> str:
        """Return a link that reads ``path`` for ``lifetime`` and saves it as ``file_name``."""
        return self._link(
            path,
            BlobSasPermissions(read=True),
            lifetime,
            content_disposition=_attachment(file_name),
            content_type=content_type,
        )

    def upload_link(self, path: str, *, lifetime: timedelta) -> str:
        """Return a link to which one blob may be ``PUT`` for ``lifetime``, with the header ``x-ms-blob-type: BlockBlob``."""
        return self._link(path, BlobSasPermissions(create=True, write=True), lifetime)

    def _link(
        self,
        path: str,
        permission: BlobSasPermissions,
        lifetime: timedelta,
        *,
        content_disposition: str | None = None,
        content_type: str | None = None,
    ) -> str:
        now = datetime.now(UTC)
        account, container = str(self._service.account_name), str(self._container.container_name)
        signature = generate_blob_sas(
            account,
            container,
            path,
            user_delegation_key=self._delegation_key(now, lifetime),
            permission=permission,
            start=now - _CLOCK_SKEW,
            expiry=now + lifetime,
            protocol="https",
            content_disposition=content_disposition,
            content_type=content_type,
        )
        return f"{self._container.url}/{quote(path)}?{signature}"

    def _delegation_key(self, now: datetime, lifetime: timedelta) -> UserDelegationKey:
        with self._lock:
            if self._key is None or now + lifetime >= self._key_expires_at:
                expires_at = now + _DELEGATION_KEY_LIFETIME
                with _translated("sign a link"):
                    self._key = self._service.get_user_delegation_key(now - _CLOCK_SKEW, expires_at)
                self._key_expires_at = expires_at
            return self._key


class BlobTooLargeError(AdvisorReportsError):
    """An uploaded file is larger than the limit."""

    code = "upload_too_large"

    def __init__(self, size_bytes: int, max_bytes: int) -> None:
        super().__init__(
            f"The file has {size_bytes:,} bytes, more than the {max_bytes:,} allowed.",
            next_step="Send a smaller export, or let the administrator raise MAX_UPLOAD_BYTES.",
        )


@contextmanager
def _translated(act: str) -> Iterator[None]:
    try:
        yield
    except ResourceNotFoundError as error:
        if getattr(error, "error_code", None) == "ContainerNotFound":
            raise ContainerMissingError(
                f"Blob storage did not {act}: its container does not exist.",
                next_step="Create the container, or let STORAGE_CONTAINER name one that exists.",
            ) from error
        raise BlobMissingError(
            "A file is no longer in Blob storage.", next_step="Make the report again from its source."
        ) from error
    except ClientAuthenticationError as error:
        raise StorageUnavailableError(
            f"Blob storage refused to {act}: this process could not sign in or lacks a role.",
            next_step="Give the managed identity Storage Blob Data Contributor and Storage Blob Delegator.",
        ) from error
    except AzureError as error:
        raise StorageUnavailableError(
            f"Blob storage did not {act}.", next_step="Try again; if it stays, look at /health/ready."
        ) from error


def _attachment(file_name: str) -> str:
    """Return a Content-Disposition for ``file_name`` as RFC 6266 has it: plain for old clients, UTF-8 for the rest."""
    plain = "".join(char if char.isascii() and char.isprintable() and char not in '"\\' else "_" for char in file_name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"
