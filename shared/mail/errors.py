"""What can be wrong with mail as people ask for it."""

from shared.errors import ConflictError, InvalidRequestError, NotFoundError
from shared.settings import Settings


class MailOffError(ConflictError):
    """This installation sends no mail."""

    code = "mail_off"

    def __init__(self) -> None:
        super().__init__(
            "This installation sends no mail.",
            next_step="Let whoever runs it set SMTP_HOST and MAIL_FROM; see docs/email.md.",
        )


class AddressRefusedError(InvalidRequestError):
    """What was given is no address that mail can be sent to."""

    code = "address_refused"

    def __init__(self, reason: str) -> None:
        super().__init__(f"The address {reason}.", next_step="Give one address such as name@example.com.")


class RecipientNotFoundError(NotFoundError):
    """There is no such recipient for this caller."""

    code = "recipient_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such recipient.", next_step="List the recipients to find its id.")


class RecipientExistsError(ConflictError):
    """Another recipient has the address."""

    code = "recipient_exists"

    def __init__(self) -> None:
        super().__init__("Another recipient has this address.", next_step="Change that one instead: list the recipients.")


class TooManyRecipientsError(ConflictError):
    """The tenant has as many recipients as it may."""

    code = "too_many_recipients"

    def __init__(self, most: int) -> None:
        super().__init__(f"There are {most:,} recipients already.", next_step="Delete one who is not needed.")


class MailNotFoundError(NotFoundError):
    """There is no such mail for this caller."""

    code = "mail_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such mail.", next_step="List the deliveries to find its id.")


class MailNotEndedError(ConflictError):
    """A mail cannot be sent again as it stands."""

    code = "mail_not_failed"

    def __init__(self, state: str) -> None:
        super().__init__(
            f"The mail is {state}; only what failed, was refused, bounced or is held can be sent again.",
            next_step="See next_attempt_at of a waiting mail; of others there is nothing to send again.",
        )


class WelcomedBeforeError(ConflictError):
    """A user was welcomed so long ago that the mail is no more on record."""

    code = "user_welcomed"

    def __init__(self) -> None:
        super().__init__(
            "The user was welcomed before, and the mail of that time is not kept any more.",
            next_step="Nothing is left to do: each user is welcomed once.",
        )


class HoldNotFoundError(NotFoundError):
    """There is no such address on hold for this caller."""

    code = "hold_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such address on hold.", next_step="List the addresses on hold to find its id.")


class LinkInvalidError(NotFoundError):
    """A link out of a mail was changed, or is no more."""

    code = "link_invalid"

    def __init__(self) -> None:
        super().__init__(
            "This link is not valid, or not any more.",
            next_step="Open it exactly as it stands in the mail, or ask whoever sends you these mails for a new one.",
        )


def require_on(settings: Settings) -> None:
    """Raise :class:`MailOffError` where no mail is sent."""
    if not settings.smtp_host:
        raise MailOffError
