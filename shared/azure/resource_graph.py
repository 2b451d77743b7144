"""Resource Graph page by page: a thousand rows at a time, followed to the end or said to have none."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import msgspec

from shared.azure.calls import AzureCalls, Gate
from shared.azure.errors import AzureRefusedError, AzureServiceError

PAGE_ROWS = 1000
GROUP = 250
"""Subscriptions asked for at once: Microsoft's guidance is to stay below 300."""

_PATH = "/providers/Microsoft.ResourceGraph/resources"
_VERSION = "2024-04-01"

NONE_SHOWN = "NoValidSubscriptionsInQueryRequest"
"""How Resource Graph answers where it shows none of the subscriptions asked for."""

_Row = TypeVar("_Row")


class IncompleteAnswerError(AzureServiceError):
    """Rows were left out of an answer without a way to get them; fewer subscriptions at once may bring them."""

    code = "azure_answer_incomplete"

    def __init__(self) -> None:
        super().__init__("Resource Graph left rows out of its answer.")


class UnreadableRowsError(IncompleteAnswerError):
    """Rows of an answer are not of the shape that they should have."""

    code = "azure_rows_unreadable"

    def __init__(self) -> None:
        AzureServiceError.__init__(self, "Azure answered with rows of an unexpected shape.")


class Page(msgspec.Struct, rename="camel"):
    """One page; its rows are left as they came."""

    data: msgspec.Raw
    total_records: int = 0
    count: int = 0
    result_truncated: str = "false"
    skip_token: str | None = msgspec.field(default=None, name="$skipToken")


# Not strict: what is a number in one version of the service is text in another.
_decode_page = msgspec.json.Decoder(Page, strict=False).decode


class ResourceGraph:
    """Queries with the credential of ``calls``, let through by ``gate``."""

    def __init__(self, calls: AzureCalls, gate: Gate) -> None:
        self._calls = calls
        self._gate = gate

    def pages(self, query: str, subscriptions: Sequence[str] | None, *, asked_for: str) -> Iterator[Page]:
        """Yield the pages of ``query`` over ``subscriptions``; ``None``: wherever the credential reaches.

        There are none where Resource Graph shows none of the subscriptions, which it calls a bad request.
        Raises :class:`IncompleteAnswerError` and :class:`~shared.azure.errors.AzureCallError`.
        """
        token: str | None = None
        seen: set[str] = set()
        while True:
            try:
                page = self._page(query, subscriptions, token, asked_for)
            except AzureRefusedError as error:
                if NONE_SHOWN in error.detail_codes:
                    return
                raise
            if bytes(memoryview(page.data)[:1]) != b"[":
                raise UnreadableRowsError
            yield page
            if page.skip_token is None and page.result_truncated.lower() == "true":
                raise IncompleteAnswerError
            if page.skip_token is None:
                return
            if page.skip_token in seen:
                # A service that goes in circles would keep a worker for ever.
                raise IncompleteAnswerError
            seen.add(page.skip_token)
            token = page.skip_token

    def rows(
        self, query: str, subscriptions: Sequence[str] | None, decoder: msgspec.json.Decoder[list[_Row]], *, asked_for: str
    ) -> Iterator[_Row]:
        """Yield the rows of ``query``, each decoded; otherwise as :meth:`pages`, and raises :class:`UnreadableRowsError`."""
        for page in self.pages(query, subscriptions, asked_for=asked_for):
            yield from decoded(decoder, page.data)

    def summary(
        self, query: str, subscriptions: Sequence[str], decoder: msgspec.json.Decoder[list[_Row]], *, asked_for: str
    ) -> list[_Row]:
        """Return the rows of a query that sums up; these have no ids and hence a single page.

        Raises :class:`IncompleteAnswerError` where they do not fit, :class:`UnreadableRowsError`, and
        :class:`~shared.azure.errors.AzureCallError`.
        """
        page = self._page(query, subscriptions, None, asked_for)
        if page.result_truncated.lower() == "true":
            raise IncompleteAnswerError
        return decoded(decoder, page.data)

    def _page(self, query: str, subscriptions: Sequence[str] | None, token: str | None, asked_for: str) -> Page:
        options: dict[str, Any] = {"resultFormat": "objectArray", "$top": PAGE_ROWS}
        if token:
            options["$skipToken"] = token
        body: dict[str, Any] = {"query": query, "options": options}
        if subscriptions is not None:
            body["subscriptions"] = list(subscriptions)
        page, _ = self._calls.send(
            "POST",
            _PATH,
            asked_for=asked_for,
            decode=_decode_page,
            params={"api-version": _VERSION},
            body=body,
            gate=self._gate,
        )
        return page


def decoded(decoder: msgspec.json.Decoder[list[_Row]], rows: bytes | msgspec.Raw) -> list[_Row]:
    """Return the rows of a page. Raises :class:`UnreadableRowsError`."""
    try:
        return decoder.decode(rows)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableRowsError from error
