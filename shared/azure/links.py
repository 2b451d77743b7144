"""Links that an answer of Azure names."""

from urllib.parse import urlsplit

_HTTPS = 443


def is_same_host(link: str, url: str) -> bool:
    """Return whether ``link``, which an answer named, leads to the host of ``url``, and may have the token shown.

    The host may come in other letters and with the port that goes without saying, as some services behind it write it.
    """
    try:
        asked, own = urlsplit(link), urlsplit(url)
        is_same = (asked.hostname, asked.port or _HTTPS) == (own.hostname, own.port or _HTTPS)
    except ValueError:
        return False
    return is_same and asked.scheme == own.scheme and "@" not in asked.netloc and "\\" not in link
