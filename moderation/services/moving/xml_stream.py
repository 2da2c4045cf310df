"""XML as a stream of elements, with no tree behind it: memory does not grow with the file.

No document type and no entity is taken: exports have none, and they are what attacks by XML are made of
(expansion, files of the machine). Bytes that XML forbids are dropped, since old blogs are full of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from xml.parsers import expat

from moderation.refusal import Refusal

CHUNK = 1 << 16
DEEPEST = 60
MOST_TEXT = 2_000_000
_FORBIDDEN = bytes([*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20)])
_AGAIN = "mend that place and import again; what was read so far is kept, and nothing is taken in twice"


@dataclass(frozen=True, slots=True)
class Element:
    """The start (`ended` false) or the end of an element; its text only at its end."""

    name: str
    inside: str
    ended: bool
    text: str
    attributes: Mapping[str, str]
    line: int


def elements(stream: IO[bytes], path: Path, prefixes: Mapping[str, str]) -> Iterator[Element]:
    """`prefixes`: namespace, or the beginning of one, to the prefix its names get here."""
    reader = _Reader(path, prefixes)
    first = True
    while chunk := stream.read(CHUNK):
        wide = first and chunk[:2] in (b"\xff\xfe", b"\xfe\xff")
        reader.wide, first = reader.wide or wide, False
        yield from reader.feed(chunk, last=False)
    if first:
        raise Refusal(f"{path} is empty.")
    yield from reader.feed(b"", last=True)


@dataclass(slots=True)
class _Open:
    name: str
    attributes: Mapping[str, str]
    pieces: list[str]
    length: int


class _Reader:
    def __init__(self, path: Path, prefixes: Mapping[str, str]) -> None:
        self.wide = False
        self._path = path
        self._prefixes = prefixes
        self._names: dict[str, str] = {}
        self._open: list[_Open] = []
        self._found: list[Element] = []
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype

    def feed(self, chunk: bytes, *, last: bool) -> list[Element]:
        try:
            self._parser.Parse(chunk if self.wide else chunk.translate(None, _FORBIDDEN), last)
        except (expat.ExpatError, LookupError, ValueError) as error:
            self._fail(error)
        found, self._found = self._found, []
        return found

    def _fail(self, error: Exception) -> None:
        line, column = self._parser.ErrorLineNumber, self._parser.ErrorColumnNumber + 1
        said = expat.ErrorString(error.code) if isinstance(error, expat.ExpatError) else str(error)
        raise Refusal(f"{self._path}, line {line}, column {column}: this is not XML ({said}).", _AGAIN) from error

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= DEEPEST:
            line = self._parser.CurrentLineNumber
            raise Refusal(f"{self._path}, line {line}: more than {DEEPEST} elements inside each other.", _AGAIN)
        short = self._short(name)
        given = {self._short(key): value for key, value in attributes.items()}
        self._found.append(Element(short, self._inside(), False, "", given, self._parser.CurrentLineNumber))
        self._open.append(_Open(short, given, [], 0))

    def _end(self, _name: str) -> None:
        ended = self._open.pop()
        text, line = "".join(ended.pieces), self._parser.CurrentLineNumber
        self._found.append(Element(ended.name, self._inside(), True, text, ended.attributes, line))

    def _text(self, data: str) -> None:
        if self._open:
            record = self._open[-1]
            # A little more than the most is kept, so that what is too long is seen to be.
            if record.length <= MOST_TEXT:
                record.pieces.append(data)
                record.length += len(data)

    def _refuse_doctype(self, *_: object) -> None:
        line = self._parser.CurrentLineNumber
        raise Refusal(
            f"{self._path}, line {line}: it declares a document type, which exports never do.",
            "take the <!DOCTYPE …> out if you trust the file",
        )

    def _inside(self) -> str:
        return self._open[-1].name if self._open else ""

    def _short(self, name: str) -> str:
        short = self._names.get(name)
        if short is None:
            namespace, _, local = name.rpartition(" ")
            prefix = next((p for start, p in self._prefixes.items() if namespace.startswith(start)), None)
            if len(self._names) > 5_000:  # names are the file's to invent
                self._names.clear()
            if namespace and prefix != "":
                local = f"{prefix or '?'}:{local}"
            short = self._names[name] = local
        return short
