"""What a report is made from and about, in the few facts that stand on its cover."""

from shared.language.language import Language
from worker.reports import terms
from worker.reports.document import ReportContent
from worker.reports.wording import shortened


def cover_facts(content: ReportContent, language: Language) -> list[tuple[str, str]]:
    """Return the names of the facts and what they are, in words."""
    sources = content.facts.sources
    names = [shortened(source.file_name or source.kind, 70) for source in sources[:2]]
    if len(sources) > 2:
        names.append(language.ngettext("and {number} more file", "and {number} more files", len(sources) - 2))
    moments = sorted(source.exported_at for source in sources if source.exported_at)
    coverage = content.facts.coverage
    subscriptions = content.subscription_total
    if coverage is not None:
        subscriptions = language.gettext(
            "{read} of {wanted}",
            read=language.number(coverage.subscriptions_read),
            wanted=language.number(coverage.subscriptions_wanted),
        )
    return [
        (language.gettext("Scope"), shortened(content.facts.scope, 120)),
        (language.gettext("Source"), ", ".join(names) or language.gettext("None")),
        (
            language.gettext("Data as of"),
            language.moment(moments[-1]) if moments else language.gettext("Not stated by the source"),
        ),
        (language.gettext("Recommendations"), language.number(content.total)),
        (language.gettext("Subscriptions"), subscriptions),
        (language.gettext("Report"), language.gettext(terms.TYPE_TITLES[content.facts.report_type])),
    ]
