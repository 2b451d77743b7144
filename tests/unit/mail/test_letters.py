"""Letters say what they should in every language, and nothing from outside gets loose in them."""

import re
from datetime import UTC, datetime
from uuid import uuid4

import msgspec
import pytest
from lxml import html as parser

from shared.branding.branding import PLAIN
from shared.branding.colours import TEXT_CONTRAST, contrast
from shared.database.tables import DomainEvent
from shared.language.tags import LANGUAGES
from shared.mail import digests
from shared.mail.digests import Content, Section
from tests.generators.mail_letters import HOSTILE, KINDS, PAYLOADS, branded, drawn, letter_of
from worker.mail.drawing import Colours
from worker.mail.letter import Tone

LOADS = re.compile(r"""(?:src|background|url\()\s*=?\s*["']?\s*(https?:|//)""")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_of_each_kind_is_whole_in_each_language(kind: str, language: str) -> None:
    text, page = drawn(kind, language, branded())
    letter = letter_of(kind, language)
    assert letter.subject
    assert letter.preview
    assert "{" not in letter.subject.replace(HOSTILE, "") + letter.heading
    root = parser.fromstring(page)
    assert root.get("lang") == language
    assert [each.text_content() for each in root.iter("h1")] == [letter.heading]
    for said in (letter.heading, *filter(None, letter.paragraphs), *(fact.label for fact in letter.facts if fact.value)):
        assert said in text
    if language != "en":
        # Every word of its own is another than in English, but for names.
        english = letter_of(kind)
        assert letter.heading != english.heading
        assert all(one != other for one, other in zip(letter.paragraphs, english.paragraphs, strict=True) if one)


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_loads_nothing_and_shows_what_came_from_outside_as_text(kind: str) -> None:
    text, page = drawn(kind, "en", branded())
    assert not LOADS.search(page)
    assert "<script" not in page
    assert "javascript:" not in page
    root = parser.fromstring(page)
    assert [image.get("alt") for image in root.iter("img")] == ["Fabrikam Cloud Services"]
    assert list(root.iter("b")) == []
    if HOSTILE in text:
        assert HOSTILE in " ".join(root.text_content().split())


def test_what_the_service_itself_reports_is_marked_as_english() -> None:
    _, page = drawn("failed", "ja")
    marked = [cell.text_content() for cell in parser.fromstring(page).iter("td") if cell.get("lang") == "en"]
    assert marked == [getattr(PAYLOADS["failed"], name) for name in ("error", "next_step")]


def test_a_credential_is_told_of_as_what_it_is() -> None:
    failed, reminder, recovered, expiring = (letter_of(kind) for kind in ("failed", "reminder", "recovered", "expiring"))
    assert failed.subject == "Credential does not work: Production of Contoso"
    assert "It has expired." in failed.paragraphs[0]
    assert "1 schedule depends on it. 2 clients depend on it." in failed.paragraphs[0]
    assert reminder.subject.startswith("Reminder: ")
    assert "Microsoft.Advisor/recommendations/read" in [fact.value for fact in reminder.facts]
    assert recovered.tone is Tone.GOOD
    assert expiring.subject == "Credential expires in 7 days: Production of Contoso"


def test_a_digest_names_the_newest_and_counts_the_rest() -> None:
    letter = letter_of("digest")
    assert [section.heading for section in letter.sections[:3]] == [
        "1 credential does not work now",
        "12 reports completed",
        "1 report failed",
    ]
    assert (len(letter.sections[1].items), letter.sections[1].more) == (10, "and 2 more")
    assert letter.sections[3].items[0].detail == "3 new, 12 resolved, 1 changed"


def test_a_digest_of_the_longest_names_fits_into_its_row() -> None:
    name = "\U0002000b" * 1000
    data = {"title": name, "expires_at": "2026-11-26T08:00:00+00:00"}
    client_id = uuid4()
    event = DomainEvent(type="report.completed", occurred_at=datetime.now(UTC), client_id=client_id, data=data)
    line = digests._line(event, {client_id: name})
    sections = [Section(type=kind.value, count=99, lines=[line] * digests.MOST_LINES) for kind in digests._TOLD]
    content = Content(sections=sections, failing=[line] * digests.MOST_LINES, failing_count=99)
    assert len(msgspec.json.encode(content)) < 60_000
    assert set(line.client) == {name[0]}


def test_only_what_comes_again_can_be_unsubscribed_from() -> None:
    for kind in KINDS:
        text, page = drawn(kind)
        assert ("unsubscribe?" in text, "unsubscribe?" in page) == (kind not in {"welcome", "test"},) * 2


@pytest.mark.parametrize("branding", [PLAIN, branded()], ids=["plain", "branded"])
@pytest.mark.parametrize("tone", Tone)
def test_every_colour_can_be_read_by_day_and_in_the_dark(branding: object, tone: Tone) -> None:
    colours = Colours.of(branding, tone)  # type: ignore[arg-type]
    pairs = [
        *((ink, paper) for ink in (colours.text, colours.quiet, colours.accent) for paper in (colours.page, colours.paper)),
        (colours.on_accent, colours.accent),
        (colours.on_band, colours.band),
        *(
            (ink, paper)
            for ink in (colours.dark_text, colours.dark_quiet, colours.dark_accent)
            for paper in (colours.dark_page, colours.dark_paper)
        ),
        (colours.dark_on_accent, colours.dark_accent),
    ]
    assert [pair for pair in pairs if contrast(*pair) < TEXT_CONTRAST] == []
