"""The chapter on what brings much for little: savings that bind nobody, and fixes that cost nothing."""

import msgspec

from shared.advisor.vocabulary import Impact
from worker.reports.blocks import GroupPlace, Paragraph, Part, PartKind
from worker.reports.document import Group
from worker.reports.parts.draft import Draft
from worker.reports.parts.summary import groups_table

_MAX_LISTED = 10
_MAX_LISTED_IN_BRIEF = 4
_CHEAP = frozenset({"none", "low"})


def quick_wins_part(draft: Draft) -> Part | None:
    """Return the chapter; ``None`` where there is no such recommendation."""
    language = draft.language
    places = [
        GroupPlace(number, index)
        for number, section in enumerate(draft.sections)
        for index, group in enumerate(section.groups)
        if _is_quick_win(group)
    ]
    if not places:
        return None
    main = next(iter(draft.savings_totals), "")
    places.sort(key=lambda place: _order(draft.group_at(place), main))
    shown = places[: _MAX_LISTED_IN_BRIEF if draft.is_brief else _MAX_LISTED]
    words = language.gettext(
        "These need no commitment and no new spending: savings that come from using less, and improvements of high or "
        "medium impact for which Advisor expects no or low costs."
    )
    table = groups_table(draft, shown, "")
    if len(shown) < len(places):
        note = language.gettext(
            "{shown} of {total} types are listed.",
            shown=language.number(len(shown)),
            total=language.number(len(places)),
        )
        table = msgspec.structs.replace(table, note=note)
    return Part(
        kind=PartKind.QUICK_WINS,
        key=PartKind.QUICK_WINS.value,
        title=language.gettext("Quick wins"),
        blocks=(Paragraph(words), table),
    )


def _is_quick_win(group: Group) -> bool:
    if any(amount > 0 for amount in group.savings.values()):
        return not group.is_commitment
    return group.cost_implication in _CHEAP and group.impact in {Impact.HIGH, Impact.MEDIUM}


def _order(group: Group, currency: str) -> tuple[bool, float, bool, int, str]:
    amount = float(group.savings.get(currency, 0))
    return amount <= 0, -amount, group.impact is not Impact.HIGH, -group.total, group.title
