"""The chapter on Advisor's own score."""

from decimal import Decimal

from shared.language.language import Language
from worker.reports import terms
from worker.reports.blocks import Block, Figure, Paragraph, Part, PartKind
from worker.reports.charts import ScoreBars, ScoreRow
from worker.reports.parts.draft import Draft


def score_part(draft: Draft) -> Part | None:
    """Return the chapter; ``None`` where the source has no scores of the report's categories."""
    language, facts = draft.language, draft.facts
    if draft.is_brief and draft.insights.roll_up is not None:
        # A page on many clients has no room for what is one client's.
        return None
    wanted = facts.report_type.categories
    scores = [score for score in facts.scores if score.category is None or score.category in wanted]
    if not any(score.category is not None for score in scores) and len(wanted) < len(terms.CATEGORY_TITLES):
        return None
    if not scores:
        return None
    rows = tuple(
        ScoreRow(
            language.gettext(terms.CATEGORY_TITLES[score.category])
            if score.category is not None
            else language.gettext("Advisor score"),
            float(score.score),
            f"{language.number(score.score)}\u202f%",
            language.gettext("+{points} points possible", points=_points(score.potential_increase, language))
            if score.potential_increase
            else "",
        )
        for score in scores
    )
    chart = ScoreBars(
        title=language.gettext("Advisor score"),
        description="; ".join(", ".join(filter(None, (f"{row.label}: {row.text}", row.note))) for row in rows),
        rows=rows,
    )
    words = language.gettext(
        "The score is Advisor's own: 100 % means that every one of its recommendations was followed. What was postponed or "
        "dismissed does not count against it."
    )
    if facts.scored_on is not None:
        as_of = language.gettext("As of {date}.", date=language.date(facts.scored_on))
        words = language.sentences((words, as_of))
    blocks: tuple[Block, ...] = (Paragraph(words), Figure("", chart))
    return Part(kind=PartKind.SCORE, key=PartKind.SCORE.value, title=language.gettext("Advisor score"), blocks=blocks)


def _points(points: Decimal, language: Language) -> str:
    """Return points with a digit after the separator only where there is something to see."""
    return language.number(points, 0 if points == points.to_integral_value() else 1)
