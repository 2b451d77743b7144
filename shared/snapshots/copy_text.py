"""Rows as lines of PostgreSQL's COPY text format.

Source of the rules: https://www.postgresql.org/docs/current/sql-copy.html, "Text Format". Built here rather than value by
value in the driver, because of thirty columns few ever hold a character that has to be escaped: one look at the whole line
tells, which takes a third of the time.
"""

from decimal import Decimal

import orjson
import uuid_utils

from shared.advisor.recommendation import Recommendation, RejectedRow

RECOMMENDATION_COLUMNS = (
    "id",
    "annual_savings",
    "lookback_days",
    "updated_at",
    "retirement_date",
    "standing_until",
    "fingerprint",
    "category",
    "category_as_given",
    "impact",
    "impact_as_given",
    "problem",
    "solution",
    "potential_benefits",
    "recommendation_id",
    "recommendation_type_id",
    "subscription_id",
    "subscription_name",
    "resource_group",
    "resource_name",
    "resource_type",
    "resource_id",
    "currency",
    "term",
    "sku",
    "region",
    "scope",
    "retiring_feature",
    "standing",
    "standing_reason",
    "extras",
)
REJECTED_COLUMNS = ("id", "line", "file_name", "column_name", "value", "reason_code", "reason")
SCORE_COLUMNS = (
    "subscription_id",
    "category",
    "level",
    "scored_at",
    "percent",
    "as_given",
    "consumption_units",
    "impacted_resources",
    "potential_increase",
    "history",
)

# The last column, extras, is JSON, in which backslashes are common and control characters never stand as such.
_TEXT_COLUMNS = len(RECOMMENDATION_COLUMNS) - RECOMMENDATION_COLUMNS.index("category") - 1
_REJECTED_TEXT_COLUMNS = len(REJECTED_COLUMNS) - REJECTED_COLUMNS.index("file_name")
_ESCAPES = str.maketrans(
    {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\b": "\\b", "\f": "\\f", "\v": "\\v", "\0": None}
)
_NULL = "\\N"
_NO_EXTRAS = "{}"


def recommendation_line(row: Recommendation) -> str:
    """Return ``row``, with a new id, as one line of :data:`RECOMMENDATION_COLUMNS`.

    NUL characters are left out: PostgreSQL's text cannot hold them.
    """
    savings, lookback, updated, retirement = row.annual_savings, row.lookback_days, row.updated_at, row.retirement_date
    until = row.standing_until
    # The words of the vocabulary are texts themselves; to ask them for their values takes longer than to join all the rest.
    texts = (
        row.category,
        row.category_as_given,
        row.impact,
        row.impact_as_given,
        row.problem,
        row.solution,
        row.potential_benefits,
        row.recommendation_id,
        row.recommendation_type_id,
        row.subscription_id,
        row.subscription_name,
        row.resource_group,
        row.resource_name,
        row.resource_type,
        row.resource_id,
        row.currency,
        row.term,
        row.sku,
        row.region,
        row.scope,
        row.retiring_feature,
        row.standing,
        row.standing_reason,
    )
    return (
        f"{uuid_utils.uuid7()}\t"
        f"{_NULL if savings is None else _decimal(savings)}\t"
        f"{_NULL if lookback is None else lookback}\t"
        f"{_NULL if updated is None else updated.isoformat()}\t"
        f"{_NULL if retirement is None else retirement.isoformat()}\t"
        f"{_NULL if until is None else until.isoformat()}\t"
        f"\\\\x{row.fingerprint.hex()}\t"
        f"{_texts(texts, _TEXT_COLUMNS)}\t"
        f"{_extras(row.extras) if row.extras else _NO_EXTRAS}\n"
    )


def rejected_line(row: RejectedRow) -> str:
    """Return ``row``, with a new id, as one line of :data:`REJECTED_COLUMNS`."""
    texts = (row.file_name, row.column, row.value, row.reason_code, row.reason)
    return f"{uuid_utils.uuid7()}\t{row.line}\t{_texts(texts, _REJECTED_TEXT_COLUMNS)}\n"


def _texts(values: tuple[str, ...], count: int) -> str:
    joined = "\t".join(values)
    if "\\" in joined or "\n" in joined or "\r" in joined or "\0" in joined or joined.count("\t") >= count:
        return "\t".join([value.translate(_ESCAPES) for value in values])
    return joined


def _extras(extras: dict[str, str]) -> str:
    text = orjson.dumps(extras).decode()
    if "\\" not in text:
        return text
    if "\\u0000" in text:
        # Looked for in the values themselves: the same six characters may also be an escaped backslash and four digits.
        clean = {name.replace("\0", ""): value.replace("\0", "") for name, value in extras.items()}
        text = orjson.dumps(clean).decode()
    return text.replace("\\", "\\\\")


def _decimal(value: Decimal) -> str:
    return f"{value:f}"
