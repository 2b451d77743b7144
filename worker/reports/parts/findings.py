"""The chapters that list every recommendation, one a category."""

from shared.language.language import Language
from worker.reports import terms
from worker.reports.blocks import Findings, Part, PartKind
from worker.reports.document import Group, Section
from worker.reports.parts.draft import Draft


def findings_parts(draft: Draft) -> list[Part]:
    """Return one chapter for each category that has recommendations."""
    return [
        Part(
            kind=PartKind.FINDINGS,
            key=section.summary.category.value,
            title=draft.language.gettext(terms.CATEGORY_TITLES[section.summary.category]),
            facts=section_facts(section, draft.language),
            blocks=(Findings(number),),
        )
        for number, section in enumerate(draft.sections)
    ]


def section_facts(section: Section, language: Language) -> str:
    """Return the quiet line under a category's title."""
    facts = [terms.recommendations(section.summary.total, language), terms.types(len(section.groups), language)]
    if section.summary.savings:
        facts.append(terms.a_year(section.summary.savings, language))
    return "  ·  ".join(facts)


def group_facts(group: Group, language: Language) -> str:
    """Return the quiet line over a group's title: how many, how much, what is not counted."""
    facts = [terms.recommendations(group.total, language)]
    if group.savings:
        facts.append(terms.a_year(group.savings, language))
    if group.alternatives:
        facts.append(
            language.ngettext("{number} alternative not counted", "{number} alternatives not counted", group.alternatives)
        )
    if group.not_estimated == group.total:
        facts.append(language.gettext("savings not estimated"))
    return "  ·  ".join(facts)


def left_out_of(group: Group, language: Language) -> str:
    """Return what a group's list leaves out, ``""`` where it leaves out nothing."""
    if not group.left_out:
        return ""
    return language.ngettext(
        "{number} more recommendation in the Excel and CSV files.",
        "{number} more recommendations in the Excel and CSV files.",
        group.left_out,
    )
