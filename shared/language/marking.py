"""Mark words where they are written, to be translated where they are used."""


def marked(message: str) -> str:
    """Return ``message`` as it is; the extraction of catalogues finds it by this name.

    For constants: ``_NOTE = marked("…")`` at the top of a module, ``language.gettext(_NOTE)`` where it is printed.
    """
    return message


def marked_plural(singular: str, plural: str) -> tuple[str, str]:
    """Return both forms as they are, for ``language.ngettext(*forms, number)`` later on."""
    return singular, plural
