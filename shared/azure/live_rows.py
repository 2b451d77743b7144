"""Fetched pages as recommendations: by the same transformation as exports, with what only a live fetch knows added."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import msgspec

from shared.advisor.json_items import Finding, RestItem, Text
from shared.advisor.json_rows import JsonRows
from shared.advisor.limits import ReadLimits
from shared.advisor.recommendation import Recommendation, RejectedRow
from shared.advisor.rejection import RowProblemError
from shared.advisor.standing import Standing
from shared.azure.filters import FetchFilter
from shared.azure.parts import Part
from shared.azure.put_aside import Verdict
from shared.azure.type_texts import Action, TypeText

_NO_TEXT = TypeText()


class LiveItem(RestItem, rename="camel", kw_only=True, gc=False):
    """A row of Resource Graph joined with its resource, or an item of Advisor's list."""

    tags: dict[str, Any] | None = None
    location: str | None = None


_raws = msgspec.json.Decoder(list[msgspec.Raw])
_item = msgspec.json.Decoder(LiveItem)


class _Actions(dict[tuple[Action, ...], str]):
    """Actions as JSON, written once for the few that there are."""

    def __missing__(self, actions: tuple[Action, ...]) -> str:
        text = self[actions] = msgspec.json.encode(actions).decode()
        return text


@dataclass(frozen=True)
class Terms:
    """What rows are made by."""

    wanted: FetchFilter
    texts: Mapping[str, TypeText]
    """What Microsoft says of each type, by its id in lower case."""
    keep_put_aside: bool
    limits: ReadLimits = field(default_factory=ReadLimits)


@dataclass
class Counts:
    """What the rows themselves do not tell."""

    left_out: Counter[Standing] = field(default_factory=Counter)
    """What is put aside in Azure, be it left out or kept and marked."""
    duplicates: int = 0
    missing: int = 0
    """Rows that Resource Graph counted and never gave."""


class LiveRows:
    """Turns pages into rows, in the order in which they were read, each recommendation once."""

    def __init__(self, terms: Terms) -> None:
        self.counts = Counts()
        self._wanted = terms.wanted
        self._texts = terms.texts
        self._keep = terms.keep_put_aside
        self._rows = JsonRows(terms.limits)
        self._actions = _Actions()
        self._seen: set[bytes] = set()
        self._ordinal = 0

    def of(self, part: Part) -> Iterator[Recommendation | RejectedRow]:
        """Yield the rows of ``part`` that are wanted and were not seen before."""
        before = self._ordinal - self.counts.duplicates
        for page in part.batch:
            # One by one, so that one that is not as expected costs itself alone.
            for text in _raws.decode(page):
                self._ordinal += 1
                row = self._row(text, part)
                if row is not None:
                    yield row
        self.counts.missing += max(0, part.expected - (self._ordinal - self.counts.duplicates - before))

    def _row(self, text: msgspec.Raw, part: Part) -> Recommendation | RejectedRow | None:
        try:
            item = _decoded(text)
            if self._is_known(item):
                return None
            if self._wanted.tag is not None and not self._wanted.tag.holds(item.tags):
                return None
            known = self._enrich(item)
            item.subscription_name = part.names.get((item.subscription_id or _subscription_in(item.id)).lower(), "")
            row = self._rows.convert(item)
        except RowProblemError as problem:
            return problem.rejected(self._ordinal)
        if part.by_list and not _matches(row, self._wanted):
            return None
        if item.tags:
            row.extras["tags"] = msgspec.json.encode(item.tags).decode()
        if item.location:
            row.extras["location"] = item.location
        if known.resource_singular:
            row.extras["resourceTypeName"] = known.resource_singular
        if known.actions:
            row.extras["actions"] = self._actions[known.actions]
        return self._standing(row, item, part)

    def _standing(self, row: Recommendation, item: LiveItem, part: Part) -> Recommendation | None:
        verdict: Verdict = part.rules.verdict(
            name=item.name or "",
            subscription_id=row.subscription_id,
            resource_group=row.resource_group,
            type_id=row.recommendation_type_id,
            extended=item.properties.extended_properties or {},
        )
        if verdict.standing is Standing.ACTIVE:
            return row
        self.counts.left_out[verdict.standing] += 1
        if not self._keep:
            return None
        return msgspec.structs.replace(
            row, standing=verdict.standing, standing_until=verdict.until, standing_reason=verdict.reason
        )

    def _is_known(self, item: LiveItem) -> bool:
        key = item.id or item.name
        if not key:
            return False
        digest = blake2b(key.lower().encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if digest in self._seen:
            self.counts.duplicates += 1
            return True
        self._seen.add(digest)
        return False

    def _enrich(self, item: LiveItem) -> TypeText:
        """Fill in what the row lacks from what Microsoft says of its type; what the row says itself stays."""
        finding = item.properties
        text = self._texts.get((finding.recommendation_type_id or "").lower(), _NO_TEXT)
        if text is _NO_TEXT:
            return text
        if finding.short_description is None or not (
            finding.short_description.problem or finding.short_description.solution
        ):
            finding.short_description = Text(problem=text.display_name or None)
        finding.potential_benefits = finding.potential_benefits or text.potential_benefits
        finding.learn_more_link = finding.learn_more_link or text.learn_more_link
        finding.category = finding.category or text.category
        finding.impact = finding.impact or text.impact
        finding.impacted_field = finding.impacted_field or text.resource_type
        if text.retirement_date is not None:
            _retire(finding, text)
        return text


def _retire(finding: Finding, text: TypeText) -> None:
    assert text.retirement_date is not None  # noqa: S101 - the caller looked
    extended = finding.extended_properties if finding.extended_properties is not None else {}
    extended.setdefault("retirementDate", text.retirement_date.isoformat())
    if text.retiring_feature:
        extended.setdefault("retirementFeatureName", text.retiring_feature)
    finding.extended_properties = extended


def _decoded(text: msgspec.Raw) -> LiveItem:
    try:
        return _item.decode(text)
    except (msgspec.ValidationError, UnicodeDecodeError) as error:
        column = str(error).rpartition("$.")[2].rstrip("`") if "$." in str(error) else ""
        shown = bytes(text)[:1000].decode("utf-8", "replace")
        raise RowProblemError(column, shown, "item_unexpected", f"The item is not as expected: {error}.") from None


def _subscription_in(item_id: str | None) -> str:
    parts = (item_id or "").split("/", 3)
    return parts[2] if len(parts) > 2 and parts[1].lower() == "subscriptions" else ""


def _matches(row: Recommendation, wanted: FetchFilter) -> bool:
    """Return whether a row of Advisor's own list is one that the query of Resource Graph would have given."""
    return (
        (not wanted.categories or row.category in wanted.categories)
        and (not wanted.impacts or row.impact in wanted.impacts)
        and (not wanted.resource_groups or row.resource_group.lower() in {one.lower() for one in wanted.resource_groups})
        and (not wanted.resource_types or row.resource_type.lower() in {one.lower() for one in wanted.resource_types})
    )
