"""What Microsoft says about a recommendation type."""

from datetime import date

import msgspec


class Action(msgspec.Struct, frozen=True):
    """Something that can be done about a recommendation, as Microsoft links it."""

    caption: str
    link: str


class TypeText(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What Microsoft says about one recommendation type in one language; absent texts are empty."""

    display_name: str = ""
    description: str = ""
    potential_benefits: str = ""
    learn_more_link: str = ""
    category: str = ""
    impact: str = ""
    sub_category: str = ""
    resource_type: str = ""
    resource_singular: str = ""
    """The resource type as people call it, such as "Virtual machine"."""
    resource_plural: str = ""
    actions: tuple[Action, ...] = ()
    retirement_date: date | None = None
    retiring_feature: str = ""
