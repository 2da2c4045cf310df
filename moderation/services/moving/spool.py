"""Answers that came before what they answer, kept on disk until it has come."""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from typing import IO

from moderation.domain.comment import State
from moderation.services.moving.incoming import Raw
from moderation.services.moving.tidy import Incoming


class Spool:
    def __init__(self) -> None:
        self._file: IO[str] = _new_file()
        self._digests: list[str] = []

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._digests)

    def digests(self) -> list[str]:
        return list(self._digests)

    def put(self, one: Incoming) -> None:
        self._file.write(json.dumps(asdict(one)) + "\n")
        self._digests.append(one.digest)

    def take_all(self) -> Iterator[Incoming]:
        """All that is in it now; what is put in meanwhile is for the next time."""
        full, self._file, self._digests = self._file, _new_file(), []
        with full:
            full.seek(0)
            for line in full:
                fields = json.loads(line)
                raw = fields.pop("raw")
                yield Incoming(raw=Raw(**{**raw, "state": State(raw["state"])}), **fields)


def _new_file() -> IO[str]:
    return tempfile.TemporaryFile("w+", encoding="utf-8")
