"""A file to read from: plain, gzip or xz, told apart by its first bytes; how far it has been read is told on."""

import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from moderation.refusal import Refusal

MOST_LINE = 64 * 1024 * 1024


@dataclass(frozen=True)
class Source:
    path: Path
    base_url: str
    advance: Callable[[int], Any]

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Its bytes, unpacked. What goes wrong with them is told in a sentence."""
        try:
            with self.path.open("rb") as file:
                start = file.read(6)
                file.seek(0)
                yield _unpacked(io.BufferedReader(_Counted(file, self.advance), 1 << 16), start)
        except (EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError) as error:
            raise Refusal(
                f"{self.path} cannot be unpacked to its end: {error}",
                "fetch the file again; what was read so far is kept, and nothing is taken in twice",
            ) from error
        except OSError as error:
            raise Refusal(f"{self.path} cannot be read: {error.strerror or error}") from error

    def lines(self) -> Iterator[tuple[int, bytes]]:
        with self.open() as stream:
            number = 0
            while line := stream.readline(MOST_LINE):
                number += 1
                if len(line) == MOST_LINE:
                    raise Refusal(f"{self.path}, line {number}: longer than 64 MB; this is not one comment a line.")
                if line.strip():
                    yield number, line


class _Counted(io.RawIOBase):
    def __init__(self, file: IO[bytes], advance: Callable[[int], Any]) -> None:
        self._file = file
        self._advance = advance

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._advance(len(data))
        return len(data)


def _unpacked(stream: IO[bytes], start: bytes) -> IO[bytes]:
    if start.startswith(b"\x1f\x8b"):
        return io.BufferedReader(gzip.GzipFile(fileobj=stream))
    if start.startswith(b"\xfd7zXZ"):
        return io.BufferedReader(lzma.LZMAFile(stream))
    return stream


def microseconds(value: str) -> int | None:
    """A date of ISO 8601 or of MySQL; without a zone it is UTC. None for what is no date, or the empty one."""
    if not value or value.startswith("0000"):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return int(moment.timestamp() * 1_000_000)
    except (ValueError, OverflowError):
        return None
