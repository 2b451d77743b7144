"""Advisor's own lists, one subscription at a time: the way round Resource Graph where that refuses a subscription."""

from collections.abc import Iterator
from typing import Any

import msgspec

from shared.azure.calls import AzureCalls
from shared.azure.errors import AzureServiceError

VERSION = "2023-01-01"
# More than any subscription has: a list that goes in circles must not keep a worker for ever.
_MOST_PAGES = 10_000


class ListPage(msgspec.Struct, rename="camel"):
    """One page of a list; its items are left as they came."""

    value: msgspec.Raw = msgspec.Raw(b"[]")
    next_link: str | None = None


_decode_page = msgspec.json.Decoder(ListPage).decode


def pages(calls: AzureCalls, subscription_id: str, noun: str, *, asked_for: str) -> Iterator[bytes]:
    """Yield the pages of one of a subscription's lists (``recommendations``, ``suppressions`` …) as JSON arrays.

    The link to the next page is followed as it was given. Raises :class:`~shared.azure.errors.AzureCallError`.
    """
    link: str | None = f"/subscriptions/{subscription_id}/providers/Microsoft.Advisor/{noun}"
    params = {"api-version": VERSION}
    seen: set[str] = set()
    while link:
        if link in seen or len(seen) >= _MOST_PAGES:
            raise AzureServiceError(f"Azure could not {asked_for}: its list does not end.")
        seen.add(link)
        page, _ = calls.send("GET", link, asked_for=asked_for, decode=_decode_page, params=params)
        rows = bytes(page.value).strip()
        if rows.startswith(b"["):
            yield rows
        elif rows != b"null":
            raise AzureServiceError(f"Azure could not {asked_for}: its answer holds no list.")
        link, params = page.next_link, {}


def items(calls: AzureCalls, subscription_id: str, noun: str, *, asked_for: str) -> Iterator[dict[str, Any]]:
    """Yield the items of one of a subscription's lists."""
    for page in pages(calls, subscription_id, noun, asked_for=asked_for):
        yield from msgspec.json.decode(page)
