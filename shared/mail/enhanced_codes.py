"""What mail servers say by numbers: the enhanced codes of RFC 3463, and the plain ones of those who have no others."""

# No such mailbox or domain, moved away, takes no mail at all, disabled.
_ABOUT_ADDRESS = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
_ABOUT_SENDER = frozenset({"5.1.7", "5.1.8"})
_PLAINLY_ABOUT_ADDRESS = frozenset({550, 551, 553})


def names_the_address(status: int, answer: str) -> bool:
    """Return whether a refusal of a recipient says that there is no such mailbox.

    Other refusals (policy, reputation, size) are of the mail or the sender. Relays without enhanced codes mean the mailbox
    by some of the plain ones, unless they say that they do not relay: one wrong setting must not hold every address.
    """
    if (code := _enhanced(answer)) is not None:
        return code in _ABOUT_ADDRESS
    return status in _PLAINLY_ABOUT_ADDRESS and "relay" not in answer.lower()


def names_the_sender(answer: str) -> bool:
    """Return whether an answer has something against the sender."""
    return _enhanced(answer) in _ABOUT_SENDER


def _enhanced(answer: str) -> str | None:
    """Return the enhanced code (RFC 3463) that an answer begins with, if it has one."""
    code = answer.split(None, 1)[0] if answer.strip() else ""
    return code if code.count(".") == 2 and code.replace(".", "").isdigit() else None
