"""The columns of the files that list every recommendation: their names, and each recommendation's values for them."""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import NamedTuple

from shared.comparison.marks import MarkStatus
from shared.language.language import Language
from shared.language.marking import marked
from shared.reports.manual import ORIGIN_KEY, is_manual
from shared.savings import NoteCode, SavingsStatus
from worker.reports import terms
from worker.reports.judged import Judged
from worker.reports.parts.savings_words import REASONS
from worker.reports.wording import encodable_text

Value = str | Decimal | int | datetime | date | None


class Kind(Enum):
    """What a column holds, which decides how a cell is written."""

    TEXT = "text"
    AMOUNT = "amount"
    NUMBER = "number"
    MOMENT = "moment"
    DATE = "date"


class Column(NamedTuple):
    """One column: its heading (in English), what it holds, and its width in Excel in characters."""

    title: str
    kind: Kind = Kind.TEXT
    width: int = 18


RECOMMENDATION_COLUMNS = (
    Column(marked("Category"), width=21),
    Column(marked("Impact"), width=10),
    Column(marked("Recommendation"), width=60),
    Column(marked("Solution"), width=40),
    Column(marked("Resource"), width=34),
    Column(marked("Resource type"), width=36),
    Column(marked("Resource group"), width=24),
    Column(marked("Subscription"), width=28),
    Column(marked("Subscription id"), width=38),
    Column(marked("Savings a year"), Kind.AMOUNT, 16),
    Column(marked("Currency"), width=10),
    Column(marked("Savings status"), width=26),
    Column(marked("Why not counted"), width=50),
    Column(marked("Term"), width=8),
    Column(marked("Look-back days"), Kind.NUMBER, 15),
    Column(marked("SKU"), width=18),
    Column(marked("Region"), width=14),
    Column(marked("Scope"), width=10),
    Column(marked("Updated (UTC)"), Kind.MOMENT, 18),
    Column(marked("Retirement date"), Kind.DATE, 16),
    Column(marked("Retiring feature"), width=24),
    Column(marked("Decision"), width=12),
    Column(marked("Owner"), width=20),
    Column(marked("Due"), Kind.DATE, 12),
    Column(marked("Note"), width=40),
    Column(marked("Origin"), width=16),
    Column(marked("Potential benefits"), width=30),
    Column(marked("Resource id"), width=40),
    Column(marked("Recommendation id"), width=38),
    Column(marked("Recommendation type id"), width=38),
    Column(marked("Category as given"), width=18),
    Column(marked("Impact as given"), width=15),
    Column(marked("Other fields"), width=40),
)
RESOURCE_COLUMN = 4

REJECTED_COLUMNS = (
    Column(marked("File"), width=40),
    Column(marked("Line"), Kind.NUMBER, 10),
    Column(marked("Column"), width=30),
    Column(marked("Value"), width=50),
    Column(marked("Reason"), width=70),
    Column(marked("Reason code"), width=26),
)

_STATUS_WORDS = {
    SavingsStatus.COUNTED: marked("Counted"),
    SavingsStatus.ALTERNATIVE: marked("Alternative, not counted"),
    SavingsStatus.NOT_A_SAVING: marked("Costs money, not counted"),
    SavingsStatus.PUT_ASIDE: marked("Put aside in Azure, not counted"),
    SavingsStatus.NOT_ESTIMATED: marked("Not estimated"),
}
MARK_WORDS = {
    MarkStatus.ACCEPTED: marked("Accepted"),
    MarkStatus.PLANNED: marked("Planned"),
    MarkStatus.DONE: marked("Done"),
    MarkStatus.REJECTED: marked("Rejected"),
}
"""What was decided about a finding, in a word."""
_MANUAL = marked("Added by hand")


class RowWriter:
    """Turns recommendations into the values of :data:`RECOMMENDATION_COLUMNS`, in one language."""

    def __init__(self, language: Language) -> None:
        say = language.gettext
        self._categories = {category: say(words) for category, words in terms.CATEGORY_TITLES.items()}
        self._impacts = {impact: say(words) for impact, words in terms.IMPACT_TITLES.items()}
        self._statuses = {status: say(words) for status, words in _STATUS_WORDS.items()}
        self._reasons = {code: say(words) for code, words in REASONS.items()}
        self._marks = {status: say(words) for status, words in MARK_WORDS.items()}
        self._manual = say(_MANUAL)

    def status(self, status: SavingsStatus) -> str:
        """Return what became of an amount, "" where the recommendation is not about money."""
        return self._statuses.get(status, "")

    def reason(self, reason: NoteCode | None) -> str:
        """Return why an amount does not count, as a sentence; "" where it does."""
        return self._reasons.get(reason, "") if reason is not None else ""

    def values(self, row: Judged) -> tuple[Value, ...]:
        """Return the values of one recommendation; ``None`` and ``""`` are empty cells."""
        recommendation, mark = row.recommendation, row.mark
        return (
            self._categories[recommendation.category],
            self._impacts[recommendation.impact],
            recommendation.problem,
            recommendation.solution if recommendation.solution != recommendation.problem else "",
            recommendation.resource_name,
            recommendation.resource_type,
            recommendation.resource_group,
            recommendation.subscription_name,
            recommendation.subscription_id,
            recommendation.annual_savings,
            recommendation.currency,
            self.status(row.status),
            self.reason(row.reason),
            recommendation.term,
            recommendation.lookback_days,
            recommendation.sku,
            recommendation.region,
            recommendation.scope,
            recommendation.updated_at,
            recommendation.retirement_date,
            recommendation.retiring_feature,
            self._marks[mark.status] if mark else "",
            mark.owner if mark else "",
            mark.due_on if mark else None,
            mark.note if mark else "",
            self._manual if is_manual(recommendation) else "",
            recommendation.potential_benefits,
            recommendation.resource_id,
            recommendation.recommendation_id,
            recommendation.recommendation_type_id,
            recommendation.category_as_given,
            recommendation.impact_as_given,
            other_fields(recommendation.extras),
        )


def other_fields(extras: dict[str, str]) -> str:
    """Return everything else that the source said, one "name: value" a line."""
    return "\n".join(f"{name}: {value}" for name, value in extras.items() if value and name != ORIGIN_KEY)


def text_of(value: str) -> str:
    """Return a text that every file format can carry."""
    return value if value.isascii() and value.isprintable() else encodable_text(value)
