"""What stands between a client and the service: it can speak TLS under other people's names, and keeps what was sent.

A test certificate authority vouches for those names; the clients are told to trust it, and where to find the names, by
their environment alone. Nothing of theirs is changed.
"""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAMES = ("commentanalyzer.googleapis.com", "rest.akismet.com", "*.rest.akismet.com", "api.openai.com")
HERE = Path(__file__).parent
DAY = datetime.timedelta(days=1)


@dataclass
class Front:
    """Forwards each connection to `target`, and keeps the bytes that clients sent."""

    target: int
    port: int = 0
    sent: list[bytes] = field(default_factory=list)

    def requests(self) -> list[bytes]:
        """One entry a request, of the connections so far."""
        return [raw for raw in self.sent if raw]


@contextmanager
def standing(target: int, context: ssl.SSLContext | None = None) -> Iterator[Front]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        front = Front(target, listening.getsockname()[1])
        thread = threading.Thread(target=_accept, args=(listening, front, context), daemon=True)
        thread.start()
        yield front
        with suppress(OSError):  # wakes `accept`
            listening.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def _accept(listening: socket.socket, front: Front, context: ssl.SSLContext | None) -> None:
    while True:
        try:
            plain, _address = listening.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(plain, front, context), daemon=True).start()


def _serve(plain: socket.socket, front: Front, context: ssl.SSLContext | None) -> None:
    with suppress(OSError, ssl.SSLError), plain:
        client = context.wrap_socket(plain, server_side=True) if context is not None else plain
        with client, socket.create_connection(("127.0.0.1", front.target)) as service:
            back = threading.Thread(target=_pump, args=(service, client), daemon=True)
            back.start()
            while data := client.recv(65536):
                front.sent.append(data)
                service.sendall(data)
            with suppress(OSError):
                service.shutdown(socket.SHUT_WR)
            back.join(5)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError, ssl.SSLError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def authority(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """(the authority's certificate, a server's context with one for NAMES)."""
    root_key, root = _certificate("Tests' authority", None, None)
    key, certificate = _certificate(NAMES[0], root_key, root)
    ca, chain = folder / "authority.pem", folder / "server.pem"
    ca.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    chain.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return ca, context


def _certificate(
    name: str, by_key: ec.EllipticCurvePrivateKey | None, by: x509.Certificate | None
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.subject if by is not None else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if by is not None and by_key is not None:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(each) for each in NAMES])
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(by_key.public_key())
        builder = builder.add_extension(alternatives, critical=False).add_extension(issuer, critical=False)
    else:
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        builder = builder.add_extension(usage, critical=True)
    return key, builder.sign(by_key or key, hashes.SHA256())
