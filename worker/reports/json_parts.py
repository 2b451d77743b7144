"""The parts of the JSON file that are no list of rows, turned from the report's own values into those of its schema."""

from decimal import Decimal

from shared.comparison.marks import Mark
from shared.comparison.result import Change, Comparison, Trend
from shared.report_json import model
from shared.savings import Savings
from shared.savings.result import ConvertedSavings, CurrencySavings
from worker.reports.blocks import Paragraph
from worker.reports.columns import text_of


def amount_of(amount: Decimal) -> str:
    """Return an amount without an exponent, which the schema does not allow."""
    return f"{amount:f}"


def _amount_or_none(amount: Decimal | None) -> str | None:
    return None if amount is None else amount_of(amount)


def savings_result(savings: Savings, method: tuple[Paragraph, ...]) -> model.SavingsResult:
    """Return the count of the savings, with the sentences on how it was made."""
    policy = savings.policy
    return model.SavingsResult(
        policy=model.Policy(term=policy.term, lookback_days=policy.lookback_days, path=policy.path),
        by_currency=tuple(_currency_total(line) for line in savings.by_currency),
        converted=_converted(savings.converted) if savings.converted is not None else None,
        not_estimated=savings.not_estimated_number,
        notes=tuple(
            model.Note(code=note.code, currency=note.currency, recommendations=note.count, amount=amount_of(note.amount))
            for note in savings.notes
        ),
        method=tuple(model.Explanation(heading=told.label, text="\n".join(told.lines)) for told in method),
    )


def _currency_total(line: CurrencySavings) -> model.CurrencyTotal:
    return model.CurrencyTotal(
        currency=text_of(line.currency),
        counted=amount_of(line.counted_amount),
        counted_recommendations=line.counted_number,
        alternatives=amount_of(line.alternative_amount),
        alternative_recommendations=line.alternative_number,
        retail_priced=amount_of(line.retail_amount),
        not_savings=line.not_a_saving_number,
        by_kind=tuple(
            model.KindTotal(
                kind=kind.kind,
                counted=amount_of(kind.counted_amount),
                counted_recommendations=kind.counted_number,
                alternatives=amount_of(kind.alternative_amount),
                alternative_recommendations=kind.alternative_number,
            )
            for kind in line.by_kind
        ),
        by_subscription=tuple(
            model.SubscriptionTotal(
                subscription_id=text_of(part.subscription_id),
                subscription_name=text_of(part.subscription_name),
                counted=amount_of(part.counted_amount),
                counted_recommendations=part.counted_number,
                alternatives=amount_of(part.alternative_amount),
                alternative_recommendations=part.alternative_number,
            )
            for part in line.by_subscription
        ),
    )


def _converted(converted: ConvertedSavings) -> model.Converted:
    return model.Converted(
        currency=converted.currency,
        counted=amount_of(converted.counted_amount),
        rates_of=converted.as_of,
        rates=tuple(model.Rate(currency=currency, rate=amount_of(rate)) for currency, rate in converted.converted),
        without_rate=converted.missing,
    )


def mark_of(mark: Mark | None) -> model.JsonMark | None:
    """Return what people decided about a finding, ``None`` where they did not."""
    if mark is None:
        return None
    return model.JsonMark(status=mark.status, note=text_of(mark.note), owner=text_of(mark.owner), due_on=mark.due_on)


def changes_of(comparison: Comparison) -> model.Changes:
    """Return what changed since the earlier data."""
    return model.Changes(
        earlier_taken_at=comparison.earlier.taken_at,
        matched_by=comparison.matched_by,
        match_rate=amount_of(comparison.match_rate),
        counts=comparison.counts,
        unchanged=comparison.unchanged,
        savings=tuple(
            model.Bridge(
                currency=text_of(bridge.currency),
                before=amount_of(bridge.before),
                realised=amount_of(bridge.realised),
                lost=amount_of(bridge.lost),
                newly_found=amount_of(bridge.newly_found),
                grown=amount_of(bridge.grown),
                after=amount_of(bridge.after),
            )
            for bridge in comparison.bridges
        ),
        listed=tuple(_change(change) for changes in comparison.changes.values() for change in changes),
    )


def _change(change: Change) -> model.JsonChange:
    return model.JsonChange(
        change=change.kind,
        fingerprint=change.fingerprint.hex(),
        category=change.category,
        impact=change.impact,
        impact_before=change.impact_before,
        recommendation=text_of(change.problem),
        recommendation_before=text_of(change.problem_before),
        resource_name=text_of(change.resource_name),
        resource_type=text_of(change.resource_type),
        resource_id=text_of(change.resource_id),
        subscription_id=text_of(change.subscription_id),
        subscription_name=text_of(change.subscription_name),
        annual_savings=_amount_or_none(change.annual_savings),
        currency=text_of(change.currency),
        annual_savings_before=_amount_or_none(change.annual_savings_before),
        currency_before=text_of(change.currency_before),
        changed=change.changed,
        first_seen_at=change.first_seen_at,
    )


def trend_of(trend: Trend | None) -> tuple[model.Point, ...]:
    """Return the client's last imports."""
    if trend is None:
        return ()
    return tuple(
        model.Point(
            taken_at=point.taken_at,
            recommendations=point.total,
            by_category=point.by_category,
            by_impact=point.by_impact,
            counted_savings={currency: amount_of(amount) for currency, amount in point.savings.items()},
        )
        for point in trend.points
    )
