"""Read a page of a thread. Each process keeps the pages it served last, under the thread's version."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from moderation.domain.site import Site
from moderation.storage import public_reads, threads
from moderation.storage.database import Database
from moderation.storage.rows import Record

PAGE_SIZE = 100
MOST_CACHED_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """`thread` is None for a page nobody commented on yet."""

    thread: Record | None
    rows: list[Record]
    page: int
    pages: int


class ThreadPages:
    """Rendered pages by (thread, version, page): a read costs one look at the thread's version."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cache: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def tag(self, site: Site, url: str, page: int) -> tuple[str, Record | None]:
        """What names this content: it changes exactly when the public would see something else."""
        with self._database.glance() as conn:
            thread = threads.find(conn, site.id, url)
        if thread is None:
            return f"none-{page}", None
        return f"{thread.id}-{thread.version}-{int(thread.open)}-{page}", thread

    def body(self, tag: str, thread: Record | None, page: int, render: Callable[[ThreadPage], bytes]) -> bytes:
        cached = self._cache.get(tag)
        if cached is not None:
            return cached
        body = render(self.read(thread, page))
        if thread is not None:
            self._keep(tag, body)
        return body

    def read(self, thread: Record | None, page: int) -> ThreadPage:
        if thread is None:
            return ThreadPage(None, [], page, 1)
        with self._database.glance() as conn:
            rows = public_reads.page(conn, thread.id, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE)
        return ThreadPage(thread, rows, page, max(1, -(-thread.approved // PAGE_SIZE)))

    def _keep(self, tag: str, body: bytes) -> None:
        with self._lock:
            if tag not in self._cache:
                self._cache[tag] = body
                self._size += len(body)
            while self._size > MOST_CACHED_BYTES and self._cache:
                _, dropped = self._cache.popitem(last=False)
                self._size -= len(dropped)
