"""What may be set for requests to addresses that users give: ports, networks, hosts, each a list separated by commas."""

from ipaddress import IPv4Network, IPv6Network, ip_network


def ports_in(text: str) -> frozenset[int]:
    """Return the ports that ``text`` lists; raises ``ValueError`` with a sentence."""
    return frozenset(_port(part) for part in _parts(text))


def networks_in(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return the networks that ``text`` lists, such as ``10.20.0.0/16``; raises ``ValueError`` with a sentence."""
    try:
        return tuple(ip_network(part) for part in _parts(text))
    except ValueError as error:
        raise ValueError(f"must list networks such as 10.20.0.0/16: {error}") from None


def hosts_in(text: str) -> frozenset[tuple[str, int]]:
    """Return the hosts that ``text`` lists, each with its port; raises ``ValueError`` with a sentence."""
    return frozenset(_host(part) for part in _parts(text))


def _host(part: str) -> tuple[str, int]:
    name, separator, port = part.rpartition(":")
    if not separator or not name:
        raise ValueError(f"must name each host with its port, such as hooks.internal:8443, not {part}")
    return name.strip("[]").rstrip(".").lower(), _port(port)


def _port(part: str) -> int:
    if not (part.isascii() and part.isdigit() and 1 <= int(part) <= 65535):
        raise ValueError(f"must hold port numbers, not {part}")
    return int(part)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
