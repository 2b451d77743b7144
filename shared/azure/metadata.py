"""Microsoft's texts about recommendation types, in the languages it writes them: read from Azure once a day, kept here.

The same for every tenant, so rows belong to the deployment. ``texts`` is what reports and fetches ask.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from shared.advisor.dates import parse_date
from shared.azure import queries
from shared.azure.resource_graph import ResourceGraph
from shared.azure.type_texts import Action, TypeText
from shared.database.session import Database
from shared.database.tables import AdvisorMetadata, AdvisorMetadataLanguage

_log = logging.getLogger(__name__)

ENGLISH = "en"
KEPT = timedelta(days=1)
# As Azure spells them; others have no texts of Microsoft's.
LANGUAGES = frozenset({
    "cs", "de", "en", "es", "fr", "hu", "id", "it", "ja", "ko", "nl", "pl", "pt-br", "pt-pt", "ru", "sv", "tr", "zh-hans",
    "zh-hant",
})  # fmt: skip
_SPELLED = {"pt": "pt-br", "zh": "zh-hans", "zh-cn": "zh-hans", "zh-tw": "zh-hant"}
_ASKED_FOR = "read Advisor's texts"


def azure_language(language: str) -> str:
    """Return a language tag as Azure spells it; English for those that Microsoft does not write in."""
    tag = language.strip().lower().replace("_", "-")
    tag = _SPELLED.get(tag, tag)
    if tag in LANGUAGES:
        return tag
    base = tag.partition("-")[0]
    base = _SPELLED.get(base, base)
    return base if base in LANGUAGES else ENGLISH


def texts(database: Database, language: str) -> Mapping[str, TypeText]:
    """Return what is known of every type in ``language``, by recommendation type id in lower case.

    Empty where the language was never read; a caller then has the texts that came with the recommendations.
    """
    statement = select(AdvisorMetadata.recommendation_type_id, AdvisorMetadata.details)
    with database.engine.connect() as connection:
        rows = connection.execute(statement.where(AdvisorMetadata.language == azure_language(language))).all()
    return {row.recommendation_type_id: msgspec.convert(row.details, TypeText) for row in rows}


def stale(database: Database, languages: Iterable[str]) -> list[str]:
    """Return those of ``languages`` that were never read, or not within a day."""
    wanted = {azure_language(language) for language in languages}
    fresh = select(AdvisorMetadataLanguage.language).where(AdvisorMetadataLanguage.refreshed_at > datetime.now(UTC) - KEPT)
    with database.engine.connect() as connection:
        return sorted(wanted.difference(connection.scalars(fresh)))


def known_and_stale(system_database: Database) -> list[str]:
    """Return the languages that somebody asked for once and that are to be read again."""
    with system_database.across_tenants() as session:
        before = datetime.now(UTC) - KEPT
        old = select(AdvisorMetadataLanguage.language).where(AdvisorMetadataLanguage.refreshed_at <= before)
        return sorted(session.scalars(old))


def refresh(system_database: Database, graph: ResourceGraph, language: str) -> int:
    """Read one language from Azure, keep it in place of what was there, and return how many types it has.

    Where Azure has none the old ones stay. Raises :class:`~shared.azure.errors.AzureCallError`.
    """
    spelled = azure_language(language)
    rows = graph.rows(queries.metadata(spelled), None, _rows, asked_for=_ASKED_FOR)
    known = [given for given in map(_properties_in, rows) if given is not None]
    found = {_plain(given.recommendation_type_id).lower(): _text_of(given) for given in known}
    found.pop("", None)
    if not found:
        _log.warning("Azure has no texts in a language", extra={"action": "metadata_empty", "language": spelled})
        return 0
    now = datetime.now(UTC)
    with system_database.across_tenants() as session:
        session.execute(
            insert(AdvisorMetadataLanguage)
            .values(language=spelled, refreshed_at=now)
            .on_conflict_do_update(index_elements=[AdvisorMetadataLanguage.language], set_={"refreshed_at": now})
        )
        session.execute(delete(AdvisorMetadata).where(AdvisorMetadata.language == spelled))
        session.execute(
            insert(AdvisorMetadata),
            [
                {"language": spelled, "recommendation_type_id": type_id, "details": msgspec.to_builtins(text)}
                for type_id, text in sorted(found.items())
            ],
        )
    return len(found)


class _Names(msgspec.Struct):
    singular: str | None = None
    plural: str | None = None


class _Properties(msgspec.Struct, rename="camel"):
    recommendation_type_id: str | None = None
    display_name: str | None = None
    detailed_description: str | None = None
    potential_benefits: str | None = None
    learn_more_link: str | None = None
    recommendation_category: str | None = None
    recommendation_sub_category: str | None = None
    recommendation_impact: str | None = None
    supported_resource_type: str | None = None
    resource_metadata: _Names | None = None
    actions: list[dict[str, Any]] | None = None
    source_properties: dict[str, Any] | None = None


class _Row(msgspec.Struct):
    properties: _Properties


_rows = msgspec.json.Decoder(list[msgspec.Raw])
_row = msgspec.json.Decoder(_Row)


def _properties_in(text: msgspec.Raw) -> _Properties | None:
    """Return what a row says; of one that is not as expected nothing, which costs its type the text and no other."""
    try:
        return _row.decode(text).properties
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        _log.warning("a text of Azure's cannot be read", extra={"action": "metadata_row_unreadable", "error": str(error)})
        return None


def _text_of(given: _Properties) -> TypeText:
    names = given.resource_metadata or _Names()
    retirement = (given.source_properties or {}).get("serviceRetirement")
    retirement = retirement if isinstance(retirement, dict) else {}
    actions = [
        Action(_plain(action.get("caption")), _https(action.get("documentLink") or action.get("link")))
        for action in given.actions or ()
    ]
    return TypeText(
        display_name=_plain(given.display_name),
        description=_plain(given.detailed_description),
        potential_benefits=_plain(given.potential_benefits),
        learn_more_link=_https(given.learn_more_link),
        category=_plain(given.recommendation_category),
        impact=_plain(given.recommendation_impact),
        sub_category=_plain(given.recommendation_sub_category),
        resource_type=_plain(given.supported_resource_type),
        resource_singular=_plain(names.singular),
        resource_plural=_plain(names.plural),
        actions=tuple(action for action in actions if action.caption and action.link),
        retirement_date=parse_date(_plain(retirement.get("retirementDate"))[:10]),
        retiring_feature=_plain(retirement.get("retirementFeatureName")),
    )


def _plain(value: Any) -> str:
    # PostgreSQL's text holds every character but this one.
    return value.replace("\0", "") if isinstance(value, str) else ""


def _https(link: Any) -> str:
    # It is printed as a link: nothing but the web's own, encrypted kind.
    link = _plain(link)
    return link if link.startswith("https://") else ""
