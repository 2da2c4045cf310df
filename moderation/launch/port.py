"""Is the port free? Asked before anything starts, so that the answer is a sentence, not a log."""

import errno
import socket

from moderation.refusal import Refusal


def check(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise _refusal(host, port, error) from error


def _refusal(host: str, port: int, error: OSError) -> Refusal:
    if error.errno == errno.EADDRINUSE:
        return Refusal(f"Port {port} is already taken.", f"choose another: PORT={port + 1} make run")
    if error.errno == errno.EACCES:
        return Refusal(f"This user may not listen on port {port}.", "choose one from 1024 up: PORT=8000")
    return Refusal(f"Cannot listen on HOST={host}: {error.strerror or error}.", "unset HOST for 127.0.0.1")
