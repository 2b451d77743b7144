"""The container of uploads and report files."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, urlsplit

from azure.core import MatchConditions
from azure.core.credentials import TokenCredential
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
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
from shared.storage.patience import BRIEF, PATIENT, PROMPT, RETRY_PAUSE_S, Patience

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


class BlobChangedError(AdvisorReportsError):
    """A file in Blob storage is another than it was."""

    code = "blob_changed"


class BlobMissingError(AdvisorReportsError):
    """A file that should be in Blob storage is not there."""

    code = "blob_missing"


@dataclass(frozen=True, slots=True)
class BlobFacts:
    """What storage says of a blob."""

    size_bytes: int
    etag: str
    """Another one after every write."""


class BlobStore:
    """Uploads, downloads and signs links in one container; safe to share between threads."""

    def __init__(self, settings: Settings, credential: TokenCredential) -> None:
        verify: dict[str, Any] = {}
        if settings.storage_ca_file is not None:
            verify["connection_verify"] = str(settings.storage_ca_file)
        self._service = BlobServiceClient(
            settings.storage_account_url,
            credential=credential,
            connection_timeout=PATIENT.connect_s,
            read_timeout=PATIENT.read_s,
            max_block_size=_BLOCK_BYTES,
            max_single_put_size=_BLOCK_BYTES,
            retry_policy=LinearRetry(backoff=RETRY_PAUSE_S, retry_total=PATIENT.retries, random_jitter_range=0),
            **verify,
        )
        self._account = _account_of(settings.storage_account_url)
        self._container: ContainerClient = self._service.get_container_client(settings.storage_container)
        self._key: UserDelegationKey | None = None
        self._key_expires_at = datetime.min.replace(tzinfo=UTC)
        self._key_refusal: StorageUnavailableError | None = None
        self._key_refused_at = 0.0
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
            self._container.get_container_properties(**BRIEF.options)

    def upload(
        self,
        path: str,
        source: IO[bytes],
        *,
        content_type: str,
        size_bytes: int | None = None,
        patience: Patience = PROMPT,
    ) -> None:
        """Write ``source`` to ``path``, replacing what is there; streamed in blocks, each of which is waited for."""
        with _translated("take a file"):
            self._container.upload_blob(
                path,
                source,
                length=size_bytes,
                overwrite=True,
                content_settings=ContentSettings(content_type=content_type),
                **patience.options,
            )

    def download(self, path: str, destination: Path, *, max_bytes: int | None = None, etag: str | None = None) -> int:
        """Write the blob at ``path`` to ``destination`` and return its size in bytes; for jobs, since it waits long.

        With ``etag`` it is that version or none: raises :class:`BlobChangedError` where it was written since. Raises
        :class:`BlobMissingError`, or :class:`BlobTooLargeError` before anything is read.
        """
        version: dict[str, Any] = {"etag": etag, "match_condition": MatchConditions.IfNotModified} if etag else {}
        with _translated("hand out a file"):
            stream = self._container.download_blob(path, max_concurrency=2, **version, **PATIENT.options)
            if max_bytes is not None and stream.size > max_bytes:
                raise BlobTooLargeError(stream.size, max_bytes)
            with destination.open("wb") as target:
                return stream.readinto(target)

    def read(self, path: str, *, max_bytes: int, patience: Patience = PROMPT) -> bytes:
        """Return the content of the small blob at ``path``.

        Raises :class:`BlobMissingError`, or :class:`BlobTooLargeError` before anything beyond the first block is read.
        """
        with _translated("hand out a file"):
            stream = self._container.download_blob(path, **patience.options)
            if stream.size > max_bytes:
                raise BlobTooLargeError(stream.size, max_bytes)
            content: bytes = stream.readall()
            return content

    def size_of(self, path: str) -> int | None:
        """Return the size in bytes of the blob at ``path``, ``None`` where there is none."""
        facts = self.facts_of(path)
        return None if facts is None else facts.size_bytes

    def facts_of(self, path: str) -> BlobFacts | None:
        """Return size and version of the blob at ``path``, ``None`` where there is none."""
        with _translated("describe a file"):
            try:
                properties = self._container.get_blob_client(path).get_blob_properties(**PROMPT.options)
            except ResourceNotFoundError:
                return None
        return BlobFacts(int(properties.size), str(properties.etag))

    def delete(self, path: str, *, patience: Patience = PROMPT) -> None:
        """Remove the blob at ``path``; nothing happens where there is none."""
        with _translated("remove a file"):
            try:
                self._container.delete_blob(path, **patience.options)
            except ResourceNotFoundError:
                return

    def paths_under(self, prefix: str) -> Iterator[str]:
        """Yield the paths of all blobs that begin with ``prefix``."""
        with _translated("list files"):
            for name in self._container.list_blob_names(name_starts_with=prefix, **PROMPT.options):
                yield str(name)

    def blobs_under(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """Yield the path of every blob that begins with ``prefix``, and when it was written."""
        with _translated("list files"):
            for blob in self._container.list_blobs(name_starts_with=prefix, **PROMPT.options):
                yield str(blob.name), blob.last_modified

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
        account, container = self._account, str(self._container.container_name)
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
        asked_at = time.monotonic()
        with self._lock:
            if self._key is not None and now + lifetime < self._key_expires_at:
                return self._key
            if self._key_refusal is not None and self._key_refused_at > asked_at:
                # Who waited while another asked in vain is not made to wait as long again.
                raise StorageUnavailableError(self._key_refusal.message, next_step=self._key_refusal.next_step)
            expires_at = now + _DELEGATION_KEY_LIFETIME
            try:
                with _translated("sign a link"):
                    self._key = self._service.get_user_delegation_key(now - _CLOCK_SKEW, expires_at, **PROMPT.options)
            except StorageUnavailableError as error:
                self._key_refusal, self._key_refused_at = error, time.monotonic()
                raise
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


def _account_of(url: str) -> str:
    """Return the account's name: the path where servers have one address for all accounts, else the host's first label.

    The SDK knows only some hosts of the first sort, and signs for an account ``None`` at others.
    """
    address = urlsplit(url)
    return address.path.strip("/") or str(address.hostname).partition(".")[0]


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
    except ResourceModifiedError as error:
        raise BlobChangedError(
            "A file in Blob storage was written anew while it was in use.",
            next_step="Do it again with the file as it is now.",
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
