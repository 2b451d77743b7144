"""The words that only the HTML page needs: its filter, and the headings of the lists of resources."""

from types import SimpleNamespace

from shared.advisor.vocabulary import Category, Impact
from shared.language.language import Language
from shared.language.marking import marked
from worker.reports import terms
from worker.reports.columns import MARK_WORDS

_WORDS = {
    "skip": marked("Skip to the report"),
    "contents": marked("Contents"),
    "filter": marked("Filter the recommendations"),
    "search": marked("Search"),
    "search_hint": marked("Resource, group, recommendation"),
    "category": marked("Category"),
    "impact": marked("Impact"),
    "subscription": marked("Subscription"),
    "every": marked("All"),
    "sort": marked("Sort by"),
    "sort_given": marked("Importance"),
    "clear": marked("Clear filters"),
    "shown": marked("{shown} of {total} shown"),
    "nothing": marked("No recommendation matches these filters."),
    "resource": marked("Resource"),
    "place": marked("Subscription and resource group"),
    "savings": marked("Savings a year"),
    "updated": marked("Updated"),
    "not_estimated": marked("not estimated"),
    "not_counted": marked("not counted"),
    "manual": marked("Added by hand"),
    "learn_more": marked("Microsoft's documentation"),
    "benefits": marked("Benefit"),
    "due": marked("due {date}"),
    "made_on": marked("Made on {moment}."),
    "logo": marked("Logo"),
}


class PageWords:
    """The words of one language, looked up once a page: templates ask for them row by row."""

    def __init__(self, language: Language) -> None:
        self.of = SimpleNamespace(**{name: language.gettext(words) for name, words in _WORDS.items()})
        self.impacts = {impact: language.gettext(terms.IMPACT_TITLES[impact]) for impact in Impact}
        self.impact_labels = {impact: language.gettext(terms.IMPACT_LABELS[impact]) for impact in Impact}
        self.categories = {category: language.gettext(terms.CATEGORY_TITLES[category]) for category in Category}
        self.marks = {status: language.gettext(words) for status, words in MARK_WORDS.items()}
