"""What can be wrong with a branding."""

from shared.errors import InvalidRequestError


class LogoRefusedError(InvalidRequestError):
    """A file cannot be a logo."""

    code = "logo_refused"
