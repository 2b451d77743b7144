"""Say in words where a report's recommendations came from."""

from collections.abc import Sequence
from datetime import datetime

from shared.language.language import Language
from worker.reports.document import SourceFacts

_KINDS = {
    "portal_csv": "Azure portal CSV",
    "cli_json": "Azure CLI JSON",
    "rest_json": "Advisor REST JSON",
    "resource_graph_json": "Resource Graph JSON",
    "sdk_json": "Python SDK JSON",
}
_LIVE = "azure_live"
_NAMED_FILES = 5


def source_of(
    file_names: Sequence[str],
    kind: str,
    *,
    exported_at: datetime | None,
    accepted: int,
    rejected: int,
    notes: Sequence[str] = (),
    language: Language,
) -> SourceFacts:
    """Return the facts of one export; ``kind`` is a value of :class:`shared.advisor.exports.ExportKind`.

    ``notes`` are what its reader noticed about it as a whole, one sentence each.
    """
    names = ", ".join(file_names[:_NAMED_FILES])
    if (further := len(file_names) - _NAMED_FILES) > 0:
        names += " " + language.ngettext("and {number} more file", "and {number} more files", further)
    return SourceFacts(
        file_name=names,
        kind=language.gettext("Azure, read live") if kind == _LIVE else _KINDS.get(kind, kind),
        exported_at=exported_at,
        accepted=accepted,
        rejected=rejected,
        notes=tuple(notes),
    )
