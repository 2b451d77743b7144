"""A letter: what a mail says, as data in the reader's language, before it is drawn as text or HTML."""

from enum import StrEnum

import msgspec


class Tone(StrEnum):
    """How a letter is meant; the words say it as well."""

    GOOD = "good"
    ATTENTION = "attention"
    PLAIN = "plain"


class Fact(msgspec.Struct, frozen=True):
    """A labelled value."""

    label: str
    value: str
    language: str = ""
    """Of the value, where it is not the letter's own."""


class Link(msgspec.Struct, frozen=True):
    """Somewhere to go."""

    label: str
    url: str


class Item(msgspec.Struct, frozen=True):
    """One line of a list: what it is about, and what there is to say of it."""

    name: str
    detail: str = ""
    url: str = ""


class Section(msgspec.Struct, frozen=True):
    """A list under a heading."""

    heading: str
    items: tuple[Item, ...]
    more: str = ""
    """What says that there are more than are listed."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail says."""

    subject: str
    heading: str
    preview: str
    """What lists of mails show beside the subject."""
    tone: Tone = Tone.PLAIN
    paragraphs: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    sections: tuple[Section, ...] = ()
    links: tuple[Link, ...] = ()
    """The first is what most will want."""
    notes: tuple[str, ...] = ()
    """Small print."""


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file that comes with a mail."""

    file_name: str
    content_type: str
    content: bytes
