"""In a client's interpreter: the names of NAMES_THERE are found at 127.0.0.1:PORT_THERE."""

import os
import socket

THERE = "127.0.0.99"
_find, _connect = socket.getaddrinfo, socket.socket.connect
_names = tuple(filter(None, os.environ.get("NAMES_THERE", "").split(",")))


def _getaddrinfo(host, *more, **named):
    text = host.decode() if isinstance(host, bytes) else host
    return _find(THERE if text and text.endswith(_names) else host, *more, **named)


def _connect_there(self, address):
    if isinstance(address, tuple) and address[0] == THERE:
        address = ("127.0.0.1", int(os.environ["PORT_THERE"]))
    return _connect(self, address)


if _names:
    socket.getaddrinfo = _getaddrinfo
    socket.socket.connect = _connect_there
