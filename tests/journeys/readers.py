"""Readers who will not take silence for an answer: they post until each comment is acknowledged.

Run as a process of its own (`python -m tests.journeys.readers …`), with a ledger that nothing but this
process writes. Each comment has an Idempotency-Key; a reply that is lost or is a 5xx is asked for again,
and some posts are sent twice at the same moment. Imports nothing of the service.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import threading
import time
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit

SENTENCES = (
    "The bus stop on Mill Street was moved and nobody asked the people who live there.",
    "You are a complete idiot if you believe what the council says about this.",
    "I would like to see the costs before anybody votes for it again.",
    "What a load of rubbish, the paper never checks anything.",
    "My neighbour is eighty and cannot walk that far in winter.",
    "Go back to where you came from, nobody wants you in this town.",
    "Thank you for the article, it was clear and fair.",
    "Cheap watches and pills, best offer today only, click my name.",
)
# Most of each text is drawn word by word: ten thousand near-copies of eight texts would be another test.
WORDS = """about above after again against almost along already although always among around autumn bakery before
behind below beside between beyond bicycle bridge budget building business carriage castle central chair children church
clerk coffee common corner cottage council country crossing doctor during early evening example factory family farmer
ferry field finally forest forward friday garden gate harbour hedge hill history hospital hotel house however improve
inside journey kitchen ladder later lawyer library little market meadow meeting member million minute monday morning
mother museum nearly neighbour never newspaper notice nothing office often orchard outside paper parents parking pavement
people perhaps picture playground police pond poster pound promise proposal public quarter quiet railway rather really
report river road roof saturday school season second several shelter shop signal simple sister slowly square station
street summer sunday supper surgeon sweep table teacher thought tower traffic train tunnel under until vicar village
visitor voter waiting walking warehouse water weather wedding west window winter without wonder worker yesterday""".split()
TWICE_AT_ONCE = 0.15


class Reader(threading.Thread):
    """One client: a connection, a share of the comments, a line in the ledger for each."""

    def __init__(
        self, target: str, numbers: range, seed: int, pace_s: float, give_up_s: float, ledger: Ledger
    ) -> None:
        super().__init__(daemon=True)
        self._host = urlsplit(target).netloc
        self._numbers = numbers
        self._random = random.Random(seed * 1_000 + numbers.start)
        self._seed = seed
        self._pace_s = pace_s
        self._give_up_s = give_up_s
        self._ledger = ledger
        self._token = ""

    def run(self) -> None:
        next_at = time.monotonic()
        for number in self._numbers:
            next_at += self._pace_s
            time.sleep(max(0.0, next_at - time.monotonic()))
            self._post(number)

    def _post(self, number: int) -> None:
        key = f"reader-{self._seed}-{number}"
        body = json.dumps(self._comment(number)).encode()
        if self._random.random() < TWICE_AT_ONCE:
            twins = [threading.Thread(target=self._until_acknowledged, args=(key, body)) for _ in range(2)]
            for twin in twins:
                twin.start()
            for twin in twins:
                twin.join()
        else:
            self._until_acknowledged(key, body)

    def _comment(self, number: int) -> dict[str, str]:
        reader = number % 97
        return {
            "site": "demo",
            "thread_url": f"http://news.test/article/{number % 7}",
            "thread_title": f"Article {number % 7}",
            "name": f"Reader {reader}",
            "email": f"reader{reader}@example.org",
            "comment": self._text(number),
        }

    def _text(self, number: int) -> str:
        words = " ".join(self._random.choices(WORDS, k=self._random.randrange(12, 40)))
        return f"{self._random.choice(SENTENCES)} {words} ({self._seed}-{number})"

    def _until_acknowledged(self, key: str, body: bytes) -> None:
        started, attempts, last = time.monotonic(), 0, "none"
        while time.monotonic() < started + self._give_up_s:
            attempts += 1
            sent = time.monotonic()
            try:
                status, reply = self._send(key, body)
            except (OSError, http.client.HTTPException) as error:
                last = type(error).__name__
                self._ledger.failed(last, time.monotonic() - sent)
            else:
                if status < 500 and status != 429:
                    took = time.monotonic() - sent
                    line = {"status": status, "id": reply.get("id"), "seconds": took}
                    self._ledger.write(key=key, attempts=attempts, **line)
                    return
                last = str(status)
            time.sleep(random.uniform(0.02, min(0.5, 0.05 * 2**attempts)))
        self._ledger.write(key=key, status=0, id=None, attempts=attempts, seconds=self._give_up_s, last=last)

    def _send(self, key: str, body: bytes) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection(self._host, timeout=10)
        headers = {"Content-Type": "application/json", "Idempotency-Key": key, "Origin": "http://news.test"}
        try:
            connection.request("POST", "/api/v1/comments", body, headers)
            reply = connection.getresponse()
            return reply.status, json.loads(reply.read() or b"{}")
        except ValueError as error:
            raise http.client.HTTPException("a reply that is no JSON") from error
        finally:
            connection.close()


class Ledger:
    """What the readers were told, one JSON line each, on disk as soon as they know it."""

    def __init__(self, file: TextIO, failures: TextIO) -> None:
        self._file = file
        self._failures = failures
        self._lock = threading.Lock()

    def failed(self, what: str, seconds: float) -> None:
        """An attempt without an answer, for those who wonder what a run was busy with."""
        with self._lock:
            self._failures.write(f"{time.time():.3f} {what} after {seconds:.3f} s\n")
            self._failures.flush()

    def write(self, **line: Any) -> None:
        with self._lock:
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", required=True)
    parser.add_argument("--posts", type=int, required=True)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--per-second", type=float, default=0.0, help="of all clients together; 0: no pause")
    parser.add_argument("--give-up-s", type=float, default=90.0, help="after so long without an answer")
    parser.add_argument("--ledger", type=Path, required=True)
    options = parser.parse_args()
    pace = options.clients / options.per_second if options.per_second else 0.0
    failures = options.ledger.with_name("failures.log")
    with options.ledger.open("w", encoding="utf-8") as file, failures.open("w", encoding="utf-8") as failed:
        ledger = Ledger(file, failed)
        readers = [
            Reader(
                options.target,
                range(first, options.posts, options.clients),
                options.seed,
                pace,
                options.give_up_s,
                ledger,
            )
            for first in range(options.clients)
        ]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()


if __name__ == "__main__":
    main()
