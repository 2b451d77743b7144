"""The name of a finding: the same 16 bytes whenever the same finding is exported again.

- From the API (JSON): recommendation type id, resource id, term, look-back, SKU, region, scope. Advisor's own GUID is not
  part of it, because Advisor gives a finding a new one when its resource is made again; the text is not, because Advisor
  rewords its texts.
- From the portal (CSV), which names neither type nor resource id: category, recommendation text, subscription id, resource
  group, resource name, resource type.

All parts are lower-cased, and runs of white space in the text count as one, so that case, refreshes and the order of
columns change nothing. The two kinds never meet: each begins with its own word, and parts are parted by NUL, which no
accepted cell holds. Amounts, dates, impact and subscription names do change from one export to the next and so stay out.
"""

from hashlib import blake2b

FINGERPRINT_BYTES = 16


def api_fingerprint(
    *, type_id: str, resource_id: str, term: str, lookback_days: int | None, sku: str, region: str, scope: str
) -> bytes:
    """Name a finding from the API. ``type_id`` may be the text of an old recommendation that has no type id."""
    lookback = "" if lookback_days is None else str(lookback_days)
    key = f"api\0{type_id}\0{resource_id}\0{term}\0{lookback}\0{sku}\0{region}\0{scope}"
    return blake2b(key.lower().encode("utf-8", "surrogatepass"), digest_size=FINGERPRINT_BYTES).digest()


def csv_fingerprint(
    *, category: str, text: str, subscription_id: str, resource_group: str, resource_name: str, resource_type: str
) -> bytes:
    """Name a finding from a portal CSV; ``text`` with single spaces, ``category`` as normalised."""
    key = f"csv\0{category}\0{text}\0{subscription_id}\0{resource_group}\0{resource_name}\0{resource_type}"
    return blake2b(key.lower().encode("utf-8", "surrogatepass"), digest_size=FINGERPRINT_BYTES).digest()
