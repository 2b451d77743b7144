"""Letters that no event causes: the welcome of a user, and the test that somebody asks for."""

from worker.mail.letter import Letter, Link, Tone
from worker.mail.occasion import Occasion


def welcome(occasion: Occasion) -> Letter:
    """A user may use the service from now on."""
    gettext, sender = occasion.language.gettext, occasion.sender
    return Letter(
        subject=gettext("Welcome to {sender}", sender=sender),
        heading=gettext("Welcome to {sender}", sender=sender),
        preview=gettext("An account was made for you."),
        tone=Tone.GOOD,
        paragraphs=(
            gettext("An account was made for you."),
            gettext(
                "Here you find reports on what Azure Advisor recommends: what to do first, what it saves, and what changed "
                "since the last one."
            ),
        ),
        links=(Link(gettext("Open {sender}", sender=sender), occasion.home),),
        notes=(gettext("If you did not expect this mail, you need not do anything."),),
    )


def test(occasion: Occasion) -> Letter:
    """Somebody wants to see whether mail arrives."""
    gettext = occasion.language.gettext
    return Letter(
        subject=gettext("Test: mail arrives"),
        heading=gettext("Mail arrives"),
        preview=gettext("This is a test. Nothing happened."),
        paragraphs=(gettext("This is a test. Nothing happened."),),
    )
