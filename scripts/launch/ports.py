"""Ports of this machine: what is free, and a listening socket that nobody can take away again."""

from __future__ import annotations

import socket

from .console import Stop

HOW_FAR = 100


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def any_free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def listen(host: str, wanted: int) -> socket.socket:
    """Listen on `wanted` or the next free port; the socket is kept, so that the port stays ours at restarts."""
    for port in range(wanted, min(wanted + HOW_FAR, 65536)):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(128)
        except OSError:
            listener.close()
            continue
        return listener
    raise Stop(f"no free port between {wanted} and {wanted + HOW_FAR - 1} on {host}; set PORT to another one")
