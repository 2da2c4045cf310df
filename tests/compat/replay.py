"""Requests that real clients sent, byte for byte, but for the key: kept in files, and sent again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

EXCERPTS = Path(__file__).parents[1] / "excerpts" / "clients"
KEY = "0123456789ab"  # as long as any key, so that lengths stay true
_BREAK = b"\n=====\n"
_START = re.compile(rb"(?:GET|POST) \S+ HTTP/1\.[01]\r\n")


@dataclass(frozen=True)
class Sent:
    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def host(self) -> str:
        return next(value for name, value in self.headers if name.lower() == "host")


def keep(name: str, chunks: list[bytes], key: str) -> None:
    """`chunks` as they came in: a request begins where one can, and all until the next belongs to it."""
    whole = b"".join(chunks)
    starts = [found.start() for found in _START.finditer(whole)]
    found = [whole[at:to] for at, to in zip(starts, [*starts[1:], len(whole)], strict=True)]
    outer = [raw for raw in found if b"\r\nHost: " in raw or b"\r\nhost: " in raw]  # not the parts of a batch
    if len(outer) != len(found):
        outer = _joined(found)
    EXCERPTS.mkdir(parents=True, exist_ok=True)
    anonymous = [re.sub(rb"127\.0\.0\.1:\d+", b"scores.example.org", raw) for raw in outer]
    (EXCERPTS / f"{name}.http").write_bytes(_BREAK.join(anonymous).replace(key.encode(), KEY.encode()))


def _joined(found: list[bytes]) -> list[bytes]:
    whole: list[bytes] = []
    for raw in found:
        if re.search(rb"\r\nhost: ", raw, re.IGNORECASE) or not whole:
            whole.append(raw)
        else:
            whole[-1] += raw
    return whole


def kept(name: str, key: str) -> list[Sent]:
    raw = (EXCERPTS / f"{name}.http").read_bytes().replace(KEY.encode(), key.encode())
    return [_parsed(each) for each in raw.split(_BREAK)]


def _parsed(raw: bytes) -> Sent:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _version = first.split(" ")
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    return Sent(method, path, headers, body)
