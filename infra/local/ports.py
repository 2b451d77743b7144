"""Ports on the loopback interface: the usual one where it is free, else any."""

import socket

HOST = "127.0.0.1"


def choose(preferred: int | None = None) -> int:
    """Return ``preferred`` if nobody listens there, else a free port."""
    for port in (preferred, 0):
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
