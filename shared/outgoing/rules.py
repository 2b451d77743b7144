"""What whoever runs the installation allows beyond the public internet, in two tiers.

Networks open private addresses, on the usual ports and over TLS still. Hosts, each named with its port, are trusted as they
are: they may be on loopback and without TLS. Metadata services of the cloud are opened by neither.
"""

from dataclasses import dataclass
from ipaddress import ip_network

from shared.outgoing import addresses
from shared.outgoing.addresses import Address, Network
from shared.settings import Settings
from shared.settings.outgoing import hosts_in, networks_in, ports_in

_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"), ip_network("0.0.0.0/8"))


@dataclass(frozen=True)
class Rules:
    """Where requests may go; the default is the public internet over TLS on port 443."""

    ports: frozenset[int] = frozenset({443})
    networks: tuple[Network, ...] = ()
    hosts: frozenset[tuple[str, int]] = frozenset()
    may_use_http: bool = False

    @classmethod
    def of(cls, settings: Settings) -> "Rules":
        """Return the rules that the settings give."""
        return cls(
            ports=ports_in(settings.outgoing_ports),
            networks=networks_in(settings.outgoing_networks),
            hosts=hosts_in(settings.outgoing_hosts),
            may_use_http=settings.app_environment.is_local,
        )

    def allows_host(self, host: str, port: int) -> bool:
        """Return whether ``host`` is trusted by name on that port."""
        return (host, port) in self.hosts

    def allows_address(self, address: Address, host: str, port: int) -> bool:
        """Return whether a request for ``host`` may go to ``address``."""
        if addresses.is_forbidden_always(address):
            return False
        if self.allows_host(host, port) or addresses.is_public(address):
            return True
        return addresses.is_in(address, self.networks) and not addresses.is_in(address, _LOOPBACK)
