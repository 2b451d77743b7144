"""The options of a report, one typed value that is kept with it as JSON."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec

from shared.advisor.vocabulary import Category, Impact
from shared.reports.kinds import ReportType
from shared.reports.manual import ManualRecommendation
from shared.savings.policy import DisplayCurrency, SavingsPolicy

MAX_SUBSCRIPTIONS = 10_000
MAX_RESOURCE_GROUPS = 1_000
MAX_MANUAL_RECOMMENDATIONS = 1_000
MAX_ROLLED_UP_CLIENTS = 500
_MAX_NAMED = 5


class ComparisonMode(StrEnum):
    """What a report is compared with."""

    PREVIOUS = "previous"
    """The client's newest comparable snapshot before this one."""
    CHOSEN = "chosen"
    """The snapshot of the report that the order names."""
    NONE = "none"


class ComparisonChoice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """With what the report's snapshot is compared."""

    mode: ComparisonMode = ComparisonMode.PREVIOUS
    report_id: UUID | None = None
    """The report whose snapshot is the earlier one, where it is chosen."""


class ReportScope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which recommendations of the snapshot the report is about; an empty list leaves nothing out."""

    subscriptions: Annotated[tuple[str, ...], msgspec.Meta(max_length=MAX_SUBSCRIPTIONS)] = ()
    """Ids, or names where the source gives no ids; compared without case."""
    resource_groups: Annotated[tuple[str, ...], msgspec.Meta(max_length=MAX_RESOURCE_GROUPS)] = ()
    categories: tuple[Category, ...] = ()
    impacts: tuple[Impact, ...] = ()

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return not (self.subscriptions or self.resource_groups or self.categories or self.impacts)


class ReportOptions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything an order says about what the report shall say; whoever adds a field gives it a default."""

    policy: SavingsPolicy = SavingsPolicy()
    display: DisplayCurrency | None = None
    scope: ReportScope = ReportScope()
    comparison: ComparisonChoice = ComparisonChoice()
    roll_up: Annotated[tuple[UUID, ...], msgspec.Meta(max_length=MAX_ROLLED_UP_CLIENTS)] = ()
    """Further clients whose newest snapshots the report sums up, client by client."""
    manual: Annotated[tuple[ManualRecommendation, ...], msgspec.Meta(max_length=MAX_MANUAL_RECOMMENDATIONS)] = ()
    language: str = ""
    """BCP 47 tag of the language that the report is written in; ``""`` for the one of its client's branding."""


def options_of(stored: object) -> ReportOptions:
    """Return the options kept with a report; raises :class:`msgspec.ValidationError` for anything else."""
    return msgspec.convert(stored, ReportOptions)


def stored_options(options: ReportOptions) -> dict[str, object]:
    """Return the options as JSON's own types, to be kept with the report."""
    stored: dict[str, object] = msgspec.to_builtins(options)
    return stored


def options_for(report_type: ReportType, options: ReportOptions) -> ReportOptions:
    """Return the options with nothing left in scope that a report of this type is not about."""
    of_type = report_type.categories
    if len(of_type) == len(Category):
        return options
    wanted = options.scope.categories
    categories = tuple(category for category in Category if category in of_type and (not wanted or category in wanted))
    return msgspec.structs.replace(
        options,
        scope=msgspec.structs.replace(options.scope, categories=categories),
        manual=tuple(given for given in options.manual if given.category in of_type),
    )


def scope_words(scope: ReportScope, word: Callable[[Category | Impact], str]) -> str:
    """Return what a scope holds, ``""`` for everything: names alone; ``word`` has those of categories and impacts."""
    parts = (
        scope.subscriptions,
        scope.resource_groups,
        tuple(map(word, scope.categories)),
        tuple(map(word, scope.impacts)),
    )
    return " · ".join(_few(part) for part in parts if part)


def _few(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:_MAX_NAMED])
    return shown if len(names) <= _MAX_NAMED else f"{shown} (+{len(names) - _MAX_NAMED:,})"
