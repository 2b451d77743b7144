"""The rows of the page's lists of resources, put together in Python: of 10,000 rows a template takes three times as long."""

from collections.abc import Iterator
from html import escape

from markupsafe import Markup

from shared.language.language import Language
from worker.reports.document import Group, Resource
from worker.reports.html_words import PageWords
from worker.reports.parts.savings_words import REASONS


class RowMarkup:
    """Writes resources as table rows, in one language."""

    def __init__(self, language: Language, words: PageWords) -> None:
        self._language = language
        self._words = words
        self._chips = {
            impact: f'<td class="i"><span class="chip impact-{impact.value.lower()}">{escape(word)}</span></td>'
            for impact, word in words.impacts.items()
        }
        self._reasons = {code: escape(language.gettext(sentence)) for code, sentence in REASONS.items()}
        self._not_estimated = f'<td class="a num"><span class="quiet">{escape(words.of.not_estimated)}</span></td>'
        self._not_counted = f"<small>{escape(words.of.not_counted)}</small>"

    def rows(self, group: Group, *, shows_impact: bool, shows_savings: bool) -> Iterator[Markup]:
        """Yield the rows of a group; columns in which all are alike or empty are left out."""
        for resource in group.resources:
            impact = self._chips[resource.impact] if shows_impact else ""
            savings = self._savings(resource) if shows_savings else ""
            yield Markup(  # noqa: S704  (every text in it is escaped)
                f'<tr data-impact="{resource.impact.value}">{self._name(resource)}{_place(resource)}{impact}{savings}'
                f"{self._updated(resource)}</tr>\n"
            )

    def _name(self, resource: Resource) -> str:
        name = f"<bdi>{escape(resource.name)}</bdi>"
        if resource.portal_url:
            name = f'<a href="{escape(resource.portal_url)}" rel="noopener noreferrer">{name}</a>'
        else:
            name = f"<b>{name}</b>"
        about = " · ".join(part for part in (resource.type, resource.detail) if part)
        if about:
            name += f"<small><bdi>{escape(about)}</bdi></small>"
        if resource.reason in self._reasons:
            name += f"<small>{self._reasons[resource.reason]}</small>"
        if resource.is_manual:
            name += f'<small class="tag">{escape(self._words.of.manual)}</small>'
        return f"<td>{name}{self._mark(resource)}</td>"

    def _mark(self, resource: Resource) -> str:
        mark = resource.mark
        if mark is None:
            return ""
        parts = [f'<b class="tag">{escape(self._words.marks[mark.status])}</b>']
        if mark.owner:
            parts.append(f"<bdi>{escape(mark.owner)}</bdi>")
        if mark.due_on:
            parts.append(escape(self._words.of.due.format(date=self._language.short_date(mark.due_on))))
        if mark.note:
            parts.append(f"<bdi>{escape(mark.note)}</bdi>")
        return f"<small>{' · '.join(parts)}</small>"

    def _savings(self, resource: Resource) -> str:
        if resource.savings is None:
            return self._not_estimated
        amount = escape(self._language.money(resource.savings, resource.currency))
        note = self._not_counted if resource.is_alternative else ""
        return f'<td class="a num" data-value="{resource.savings:f}">{amount}{note}</td>'

    def _updated(self, resource: Resource) -> str:
        if resource.updated is None:
            return '<td class="u num">–</td>'
        day = escape(self._language.short_date(resource.updated))
        return f'<td class="u num" data-value="{resource.updated.toordinal()}">{day}</td>'


def _place(resource: Resource) -> str:
    group = f"<small><bdi>{escape(resource.resource_group)}</bdi></small>" if resource.resource_group else ""
    return f'<td class="p"><bdi>{escape(resource.subscription)}</bdi>{group}</td>'
