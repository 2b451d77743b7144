"""What can be wrong with a branding."""

from shared.errors import InvalidRequestError


class LogoRefusedError(InvalidRequestError):
    """A file cannot be a logo."""

    code = "logo_refused"


class FontUnknownError(InvalidRequestError):
    """A font family is none of those that are bundled."""

    code = "font_unknown"
