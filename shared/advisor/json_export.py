"""JSON files of the API: read item by item, where one bad item costs that item and not the file."""

from collections.abc import Callable, Iterator
from enum import StrEnum
from hashlib import blake2b
from typing import Any, BinaryIO, cast

import msgspec

from shared.advisor.files import ExportFile
from shared.advisor.json_items import CliItem, Item, RestItem, SdkItem
from shared.advisor.json_page import JsonPage, Utf8Stream
from shared.advisor.json_rows import JsonRows
from shared.advisor.json_scanner import INVALID_JSON
from shared.advisor.limits import ReadLimits
from shared.advisor.notes import ReadNote
from shared.advisor.recommendation import Recommendation, RejectedRow
from shared.advisor.rejection import RowProblemError
from shared.advisor.unreadable import NotRecommendationsError, shortened


class JsonShape(StrEnum):
    """Who flattened the items how."""

    REST = "rest"
    RESOURCE_GRAPH = "resource_graph"
    CLI = "cli"
    SDK = "sdk"


_DECODERS: dict[JsonShape, tuple[msgspec.json.Decoder[Any], msgspec.json.Decoder[Any]]] = {
    shape: (msgspec.json.Decoder(item), msgspec.json.Decoder(list[item]))  # type: ignore[valid-type]
    for shape, item in (
        (JsonShape.REST, RestItem),
        (JsonShape.RESOURCE_GRAPH, RestItem),
        (JsonShape.CLI, CliItem),
        (JsonShape.SDK, SdkItem),
    )
}
_SHAPE_OF_CONTAINER = {"value": JsonShape.REST, "data": JsonShape.RESOURCE_GRAPH, "": JsonShape.CLI}
_CLI_MARKS = ("impactedField", "impactedValue", "recommendationTypeId", "shortDescription")
_SDK_MARKS = ("impacted_field", "impacted_value", "recommendation_type_id", "short_description")
_TYPE = "microsoft.advisor/recommendations"


class JsonExport:
    """One JSON page. Making it looks at the first item; raises :class:`UnreadableExportError` as reading does."""

    def __init__(self, file: ExportFile, limits: ReadLimits, *, encoding: str) -> None:
        self._file = file
        self._limits = limits
        self._encoding = encoding
        self.shape = self._find_shape()
        self._item_decoder, self._list_decoder = _DECODERS[self.shape]
        self.members: dict[str, object] = {}
        self.unread_dates = 0
        self.duplicates = 0

    def rows(
        self, seen_ids: set[bytes], on_progress: Callable[[int], None] | None = None
    ) -> Iterator[Recommendation | RejectedRow]:
        """Yield every item, accepted or rejected, in the order of the file; the line of a rejected one is its ordinal.

        ``seen_ids`` is of the whole export: an item whose id is in it is rejected as a duplicate.
        """
        rows = JsonRows(self._limits)
        self.unread_dates = self.duplicates = 0
        ordinal = 0
        with self._open(on_progress) as stream:
            page = JsonPage(stream)
            for run in page.runs():
                for item in self._items(run):
                    ordinal += 1
                    yield self._row(item, rows, ordinal, seen_ids)
                    self.unread_dates = rows.unread_dates
            self.members = page.members

    def has_more_pages(self) -> bool:
        """Whether the page said that another follows; known once its rows were read."""
        return any(self.members.get(name) for name in ("nextLink", "$skipToken", "skip_token", "skipToken"))

    def is_cut(self) -> bool:
        """Whether Resource Graph said that it left rows out without a way to get them."""
        return str(self.members.get("resultTruncated", "")).lower() == "true" and not self.has_more_pages()

    def _open(self, on_progress: Callable[[int], None] | None = None) -> BinaryIO:
        stream = self._file.open(on_progress)
        return stream if self._encoding == "utf-8" else cast("BinaryIO", Utf8Stream(stream, self._encoding))

    def _items(self, run: bytes) -> Iterator[Item | msgspec.Raw]:
        """Decode a run at once, or, where something in it is not as expected, leave its items to be decoded one by one."""
        if b"\\u0000" not in run and b"\0" not in run:
            try:
                yield from self._list_decoder.decode(run)
                return
            except INVALID_JSON:
                pass
        try:
            raws = msgspec.json.decode(run, type=list[msgspec.Raw])
        except INVALID_JSON:
            raws = [msgspec.Raw(run[1:-1])]  # a run of one item, whose brackets match but whose inside is broken
        yield from raws

    def _row(
        self, item: Item | msgspec.Raw, rows: JsonRows, ordinal: int, seen_ids: set[bytes]
    ) -> Recommendation | RejectedRow:
        try:
            if isinstance(item, msgspec.Raw):
                item = self._decoded(bytes(item))
            self._note_duplicate(item, seen_ids)
            return rows.convert(item)
        except RowProblemError as problem:
            return problem.rejected(ordinal)

    def _decoded(self, text: bytes) -> Item:
        shown = text[:1000].decode("utf-8", "replace")
        try:
            item: Item = self._item_decoder.decode(text)
        except msgspec.ValidationError as error:
            column = str(error).rpartition("$.")[2].rstrip("`") if "$." in str(error) else ""
            raise RowProblemError(column, shown, "item_unexpected", f"The item is not as expected: {error}.") from None
        except INVALID_JSON as error:
            raise RowProblemError("", shown, "item_malformed", f"The item is broken JSON: {error}.") from None
        if _holds_nul(msgspec.json.decode(text)):
            raise RowProblemError("", shown, "nul_character", "The item holds a NUL character, which no text has.")
        return item

    def _note_duplicate(self, item: Item, seen_ids: set[bytes]) -> None:
        key = item.id or item.name
        if not key:
            return
        digest = blake2b(key.lower().encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if digest in seen_ids:
            self.duplicates += 1
            raise RowProblemError("id", key, "duplicate_id", "The same recommendation stands in the export before.")
        seen_ids.add(digest)

    def _find_shape(self) -> JsonShape:
        """Tell the shape from the first item, or from the container where there is none."""
        with self._open() as stream:
            page = JsonPage(stream)
            first = next(page.runs(), None)
        if first is None:
            return _SHAPE_OF_CONTAINER[page.container]
        try:
            item = msgspec.json.decode(msgspec.json.decode(first, type=list[msgspec.Raw])[0])
        except INVALID_JSON:
            return _SHAPE_OF_CONTAINER[page.container]
        return _shape_of_item(item, page.container)

    def notes(self) -> list[ReadNote]:
        """Return what is worth knowing about the page, once its rows were read."""
        if self.is_cut():
            return [ReadNote("result_truncated", "Resource Graph left rows out of its answer; the export is not complete.")]
        return []


_SAID_OF: dict[type, str] = {
    str: "texts",
    bool: "true or false",
    int: "numbers",
    float: "numbers",
    list: "arrays",
}


def _shape_of_item(item: Any, container: str) -> JsonShape:
    if not isinstance(item, dict):
        held = _SAID_OF.get(type(item), "empty values")
        raise NotRecommendationsError(f"The JSON is an array of {held}; expected an array of recommendations.")
    kind = str(item.get("type") or "").lower()
    if kind in ("", _TYPE):
        if isinstance(item.get("properties"), dict):
            graph = container == "data" or (not container and ("tenantId" in item or item.get("type") == _TYPE))
            return JsonShape.RESOURCE_GRAPH if graph else JsonShape.REST
        if any(name in item for name in _CLI_MARKS):
            return JsonShape.CLI
        if any(name in item for name in _SDK_MARKS):
            return JsonShape.SDK
    seen = (
        f"of type {shortened(str(item['type']), 80)}" if kind else f"with {shortened(', '.join(item), 120) or 'no members'}"
    )
    raise NotRecommendationsError(f"The JSON holds items {seen}; expected recommendations of Azure Advisor.")


def _holds_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any("\0" in str(key) or _holds_nul(inner) for key, inner in value.items())
    return isinstance(value, list) and any(map(_holds_nul, value))
