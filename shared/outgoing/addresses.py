"""Which IP addresses a request that a user asks for may go to.

An address can stand inside another one (an IPv4 address in the many IPv6 forms that translate or tunnel to it), so every
address is taken apart before it is judged, and what is not known to be public is not.
"""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# No allow-list opens these: they answer with the identity of the machine itself.
# https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service
# https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
_NEVER = (
    ip_network("169.254.0.0/16"),
    ip_network("168.63.129.16/32"),
    ip_network("fe80::/10"),
    ip_network("fd00:ec2::/32"),
)

# Anycast of relays that no longer exist (RFC 7526): whoever announces it today is nobody that a user can mean.
_DEPRECATED = (ip_network("192.88.99.0/24"),)

# Where an IPv4 address stands in an IPv6 one, in bits from the right.
_EMBEDDING: tuple[tuple[IPv6Network, int], ...] = (
    (IPv6Network("::/96"), 0),  # IPv4-compatible, RFC 4291
    (IPv6Network("::ffff:0:0/96"), 0),  # IPv4-mapped, RFC 4291
    (IPv6Network("::ffff:0:0:0/96"), 0),  # IPv4-translated, RFC 2765
    (IPv6Network("64:ff9b::/96"), 0),  # NAT64, RFC 6052
    (IPv6Network("64:ff9b:1::/48"), 0),  # NAT64 of a network's own, RFC 8215
    (IPv6Network("2002::/16"), 80),  # 6to4, RFC 3056
)
_TEREDO = IPv6Network("2001::/32")
_ISATAP = {0x00005EFE, 0x02005EFE}  # RFC 5214


def meanings_of(address: Address) -> Iterator[Address]:
    """Yield ``address`` and every IPv4 address that it may be taken for on its way."""
    yield address
    if not isinstance(address, IPv6Address):
        return
    number = int(address)
    for network, shift in _EMBEDDING:
        if address in network and number > 1:
            yield IPv4Address((number >> shift) & 0xFFFFFFFF)
    if address in _TEREDO:
        yield IPv4Address((number >> 64) & 0xFFFFFFFF)
        yield IPv4Address(~number & 0xFFFFFFFF)
    if (number >> 32) & 0xFFFFFFFF in _ISATAP:
        yield IPv4Address(number & 0xFFFFFFFF)


def is_public(address: Address) -> bool:
    """Return whether ``address`` is one of the public internet's, whichever way it is read."""
    return all(_is_public(meaning) for meaning in meanings_of(address))


def is_forbidden_always(address: Address) -> bool:
    """Return whether no setting may open ``address``: metadata and platform services of the cloud, and what is no host."""
    return any(
        meaning.is_multicast or meaning.is_unspecified or any(meaning in network for network in _NEVER)
        for meaning in meanings_of(address)
    )


def is_in(address: Address, networks: tuple[Network, ...]) -> bool:
    """Return whether one of ``networks`` holds ``address``, or the IPv4 address that it maps."""
    return any(meaning in network for meaning in meanings_of(address) for network in networks)


def parse(text: str) -> Address | None:
    """Return the address that ``text`` writes in full, ``None`` where it is a name."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and (address.is_site_local or address.scope_id is not None):
        return False
    if address.is_multicast or any(address in network for network in (*_NEVER, *_DEPRECATED)):
        return False
    # The transition networks themselves are judged by the IPv4 address in them.
    if isinstance(address, IPv6Address) and (
        address in _TEREDO or any(address in network for network, _ in _EMBEDDING if network.prefixlen != 48)
    ):
        return int(address) > 1
    return address.is_global and not address.is_reserved
