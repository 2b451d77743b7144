"""What findings are matched by, in SQL: the fingerprint, or across kinds of sources what both of them tell."""

PORTAL_FORMAT = "portal_csv"

# Rows of a subscription as a whole bear its id as their name in the API and its display name in the portal: none counts.
CROSS_KEY = """
decode(md5((
    category, lower(regexp_replace(problem, '\\s+', ' ', 'g')),
    lower(coalesce(nullif(subscription_id, ''), subscription_name)), lower(resource_group),
    case when resource_group = '' then '' else lower(resource_name) end
)::text), 'hex')
"""
"""16 bytes; a row's text form quotes its parts, so that two different rows never read the same."""


def is_portal(source_format: str) -> bool:
    """Whether fingerprints of this source are those of the portal, which never meet those of the API."""
    return source_format == PORTAL_FORMAT
