"""Ports on the loopback interface: the usual one where it is free, else any."""

import random
import socket

HOST = "127.0.0.1"

# Below those that systems give to outgoing connections: one of these would take a port before its server listens there.
_OURS = range(18_000, 32_000)
_TRIES = 20
# Not the generator that anybody else's seed sets: processes that are seeded alike would choose the same ports.
_random = random.SystemRandom()


def choose(preferred: int | None = None) -> int:
    """Return ``preferred`` if nobody listens there, else a free port."""
    for port in (preferred, *(_random.choice(_OURS) for _ in range(_TRIES)), 0):
        if port is None:
            continue
        with socket.socket() as probe:
            # As the servers do: a port whose last connections are still closing counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on the loopback interface")


def answers(port: int) -> bool:
    """Whether somebody accepts connections on ``port``."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((HOST, port)) == 0
