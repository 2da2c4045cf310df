"""A crowd of readers over HTTP: each has a name and an address, loads the form, waits, and posts.

Posts with a key, so that trying again after a lost answer cannot post twice.
"""

import contextlib
import http.client
import json
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from moderation.refusal import Refusal

NAMES = (
    "Ada Amina Anton Bea Carlos Chidi Dana Elif Emre Femi Greta Hana Ines Ivo Jonas Kaja Kofi Lena Luca Mara "
    "Mei Mikael Nadia Noor Olga Omar Paula Priya Rosa Sami Sofia Tomás Uma Viktor Wanjiru Yara Yusuf Zoë"
).split()  # fmt: skip
TRIES = 12
LONGEST_WAIT_S = 120
TOKEN_LIFE_S = 3600


@dataclass
class Tally:
    """What became of the comments."""

    states: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    retries: int = 0
    seconds: float = 1e-9
    took: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def answered(self) -> int:
        return sum(self.states.values()) + sum(self.refusals.values())

    def quantile_ms(self, share: float) -> float:
        ordered = sorted(self.took)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000 if ordered else 0.0

    def note(self, status: int, answer: dict[str, Any], took: float) -> None:
        with self._lock:
            self.took.append(took)
            if status in (200, 201, 202):
                self.states[str(answer.get("state"))] += 1
            else:
                self.refusals[_reason(status, answer)] += 1

    def note_retry(self) -> None:
        with self._lock:
            self.retries += 1


class Crowd:
    def __init__(
        self, *, base: str, site: str, thread_urls: Sequence[str], readers: int, rate: float | None
    ) -> None:
        self._base = urlsplit(base)
        self._site = site
        self._thread_urls = thread_urls
        self._readers = readers
        self._interval = 1 / rate if rate else 0.0
        self._run = uuid.uuid4().hex[:12]
        self._form: dict[str, Any] = {}
        self._form_ready_at = 0.0
        self._form_stale_at = 0.0
        self._form_lock = threading.Lock()
        self._local = threading.local()
        self._stopped = threading.Event()

    def post_all(self, texts: Sequence[str], concurrency: int, done: Callable[[int], Any]) -> Tally:
        tally = Tally()
        self._fetch_form()
        turns = _Turns(texts, self._interval)
        began = time.monotonic()

        def one_poster() -> None:
            for number, text in turns:
                if self._stopped.is_set():
                    return
                self._post(number, text, tally)
                done(1)

        with ThreadPoolExecutor(concurrency) as pool:
            posters = [pool.submit(one_poster) for _ in range(concurrency)]
            try:
                for poster in posters:
                    poster.result()
            except BaseException:
                self._stopped.set()
                raise
        tally.seconds = max(1e-9, time.monotonic() - began)
        return tally

    def _post(self, number: int, text: str, tally: Tally) -> None:
        reader = random.Random(f"{self._run}{number}").randrange(self._readers)
        body = {
            "site": self._site,
            "thread_url": self._thread_urls[number % len(self._thread_urls)],
            "thread_title": f"Replayed page {number % len(self._thread_urls) + 1}",
            "name": f"{NAMES[reader % len(NAMES)]} {chr(65 + reader // len(NAMES) % 26)}.",
            "email": f"reader-{self._run}-{reader}@readers.example.org",
            "website": "",
            "comment": text,
            "form_token": self._token(),
        }
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": f"replay-{self._run}-{number}",
            "X-Forwarded-For": f"10.{reader >> 16 & 255}.{reader >> 8 & 255}.{reader & 255}",
        }
        encoded = json.dumps(body).encode()
        for attempt in range(TRIES):
            began = time.perf_counter()
            status, answer, wait_s = self._ask("POST", "/api/v1/comments", encoded, headers)
            if status != 429 and 0 < status < 500:
                tally.note(status, answer, time.perf_counter() - began)
                return
            tally.note_retry()
            if wait_s > LONGEST_WAIT_S:
                self._stopped.set()
                raise Refusal(
                    f"The service's rate limit asks to wait {wait_s:.0f} seconds.",
                    "start it with RATE_LIMIT_COMMENTS=100000/minute for a replay",
                )
            self._stopped.wait(wait_s or min(5.0, 0.1 * 2**attempt))
        tally.note(status, answer, 0.0)

    def _token(self) -> str:
        """A token old enough that no reader would be too fast with it."""
        with self._form_lock:
            if time.monotonic() > self._form_stale_at:
                self._fetch_form()
        time.sleep(max(0.0, self._form_ready_at - time.monotonic()))
        return str(self._form["token"])

    def _fetch_form(self) -> None:
        query = urlencode({"site": self._site, "url": self._thread_urls[0]})
        status, answer, _ = self._ask("GET", f"/api/v1/form?{query}", None, {})
        if status != 200:
            reason = _reason(status, answer) if status else "no answer"
            raise Refusal(f"The form of site {self._site} cannot be loaded: {reason}.", "is --url right?")
        self._form = answer
        self._form_ready_at = time.monotonic() + float(answer["min_seconds"]) + 1
        self._form_stale_at = time.monotonic() + TOKEN_LIFE_S

    def _ask(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, dict[str, Any], float]:
        """Status (0: no answer), the JSON answer, and how long a 429 or 503 asks to wait."""
        try:
            connection = self._connection()
            connection.request(method, self._base.path + path, body, {"Accept": "application/json", **headers})
            reply = connection.getresponse()
            content = reply.read()
        except (OSError, http.client.HTTPException):
            self._forget_connection()
            return 0, {}, 0.0
        answer: dict[str, Any] = {}
        with contextlib.suppress(ValueError):
            answer = json.loads(content)
        wait = reply.getheader("Retry-After") or ""
        return reply.status, answer, float(wait) if wait.isdigit() else 0.0

    def _connection(self) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            kind = http.client.HTTPSConnection if self._base.scheme == "https" else http.client.HTTPConnection
            connection = kind(self._base.hostname or "", self._base.port, timeout=60)
            self._local.connection = connection
        return connection

    def _forget_connection(self) -> None:
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
        self._local.connection = None


class _Turns:
    """Hands the texts out one by one, to several threads, no faster than one an interval."""

    def __init__(self, texts: Sequence[str], interval: float) -> None:
        self._texts = enumerate(texts)
        self._interval = interval
        self._next_at = time.monotonic()
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[tuple[int, str]]:
        while True:
            with self._lock:
                turn = next(self._texts, None)
                wait = self._next_at - time.monotonic()
                self._next_at = max(self._next_at, time.monotonic() - 1) + self._interval
            if turn is None:
                return
            if self._interval and wait > 0:
                time.sleep(wait)
            yield turn


def _reason(status: int, answer: dict[str, Any]) -> str:
    if not status:
        return "no answer"
    fields = ", ".join(answer.get("errors") or {})
    return f"{status} {answer.get('title', '')}".strip() + (f" ({fields})" if fields else "")
