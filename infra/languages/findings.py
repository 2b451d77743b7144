"""What is wrong with a catalogue: messages without words, placeholders that differ, marks of work not done."""

from collections.abc import Iterator
from string import Formatter

from babel.messages.catalog import Catalog, Message


def findings(catalogue: Catalog) -> Iterator[str]:
    """Yield one sentence for every fault of a catalogue."""
    for message in catalogue:
        if message.id:
            name = message.id if isinstance(message.id, str) else message.id[0]
            for fault in _faults(message, catalogue.num_plurals):
                yield f"{name!r}: {fault}"


def _faults(message: Message, forms: int) -> Iterator[str]:
    sources = [message.id] if isinstance(message.id, str) else list(message.id)
    words = [message.string] if isinstance(message.string, str) else list(message.string or ("",))
    if not all(words):
        yield "no translation"
        return
    if message.fuzzy:
        yield "marked as fuzzy"
    if len(sources) > 1 and len(words) != forms:
        yield f"{len(words)} plural forms instead of {forms}"
    wanted = placeholders(sources[-1])
    # "One resource" may leave out its number; every other form says what the source says.
    optional = {"number"} if len(sources) > 1 else set()
    for form in words:
        found = placeholders(form)
        if found - wanted or wanted - found - optional:
            yield f"placeholders {sorted(found)} instead of {sorted(wanted)}"
    edges = (sources[-1][:1].isspace(), sources[-1][-1:].isspace())
    if any((form[:1].isspace(), form[-1:].isspace()) != edges for form in words):
        yield "spaces at its ends differ"


def placeholders(text: str) -> set[str]:
    """Return the names of the values that are put into a message; a brace that stands alone counts as a name of its own."""
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError as error:
        return {str(error)}
