"""Requests of one thread: what they ask is asked once, each gets its own answer, and none waits for another's lock."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Sequence
from contextvars import ContextVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.storage.together import Piece, Together
from moderation.web.serving import connection
from moderation.web.serving.connection import Come, Connection
from moderation.web.serving.lane import Lane

MINE: ContextVar[int] = ContextVar("mine")


class Doubling:
    def __init__(self, most: int) -> None:
        self.together: Together[int, int] = Together(most)
        self.batches: list[list[int]] = []

    def ask(self, n: int) -> int:
        return self.together.ask(n, self._work)

    def _work(self, batch: Sequence[Piece[int, int]]) -> None:
        self.batches.append([piece.item for piece in batch])
        for piece in batch:
            if piece.item == 13:
                piece.error = ValueError("thirteen")
            else:
                piece.result = piece.item * 2


def test_what_several_ask_is_asked_once_and_those_that_ask_nothing_are_not_held() -> None:
    first, second, heard = Doubling(100), Doubling(2), list[tuple[int, int]]()

    def task(n: int) -> None:
        MINE.set(n)
        if n != 3:
            doubled = second.ask(first.ask(n))
            heard.append((MINE.get(), doubled))
        else:
            heard.append((3, 0))

    Lane().run([lambda n=n: task(n) for n in range(6)])  # type: ignore[misc]
    assert heard[0] == (3, 0)
    assert sorted(heard) == [(0, 0), (1, 4), (2, 8), (3, 0), (4, 16), (5, 20)]
    assert first.batches == [[0, 1, 2, 4, 5]]
    assert second.batches == [[0, 2], [4, 8], [10]]
    with pytest.raises(LookupError):
        MINE.get()


def test_an_error_is_its_askers_alone() -> None:
    doubling, told = Doubling(100), dict[int, str]()

    def task(n: int) -> None:
        try:
            told[n] = str(doubling.ask(n))
        except ValueError as error:
            told[n] = str(error)

    Lane().run([lambda n=n: task(n) for n in (12, 13, 14)])  # type: ignore[misc]
    assert told == {12: "24", 13: "thirteen", 14: "28"}


def test_one_that_breaks_leaves_the_others_their_answers() -> None:
    doubling, done = Doubling(100), list[int]()

    def breaks() -> None:
        doubling.ask(13)

    Lane().run([lambda: done.append(doubling.ask(1)), breaks, lambda: done.append(doubling.ask(2))])
    assert done == [2, 4]


def test_what_the_work_asks_in_turn_is_done_at_once() -> None:
    inner, done = Doubling(100), list[int]()
    outer: Together[int, int] = Together(100)

    def work(batch: Sequence[Piece[int, int]]) -> None:
        for piece in batch:
            piece.result = inner.ask(piece.item)

    Lane().run([lambda n=n: done.append(outer.ask(n, work)) for n in (1, 2)])  # type: ignore[misc]
    assert done == [2, 4]


HEADERS = st.sampled_from(["Host: here", "X-Content-Length: 7", "Accept: */*", "X-A: content-length: 0"])


@given(st.lists(HEADERS, max_size=3), st.binary(max_size=60), st.lists(st.integers(0, 200), max_size=5), st.booleans())
def test_a_request_is_whole_exactly_when_its_last_byte_is_here(
    headers: list[str], body: bytes, cuts: list[int], lower: bool
) -> None:
    length = f"{'content-length' if lower else 'Content-Length'}: {len(body)}"
    head = "\r\n".join(["POST /bare HTTP/1.1", *headers, length, "", ""])
    whole = head.encode() + body
    edges = sorted({0, *(min(cut, len(whole)) for cut in cuts), len(whole)})
    server, client = connected_pair()
    with server, client:
        for start, end in itertools.pairwise(edges):
            client.sendall(whole[start:end])
            assert server.listen_on() is (Come.ALL if end == len(whole) else Come.PART)
        assert server.listen_on() is Come.PART  # nothing new
        assert server.recv(10_000) == whole


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: 1\r\nContent-Length: 2", "Content-Length: -1", "Content-Length: 1_0", "Content-Length: x",
        "Content-Length: 99999999", "Transfer-Encoding: chunked", "Expect: 100-continue\r\nContent-Length: 5",
        "Upgrade: h2c", "Content-Length: 3\r\ntransfer-Encoding: chunked",
    ],
)  # fmt: skip
def test_a_request_whose_end_is_not_told_plainly_is_left_to_who_works_on_it(head: str) -> None:
    server, client = connected_pair()
    with server, client:
        client.sendall(f"POST /bare HTTP/1.1\r\n{head}\r\n\r\nabc".encode())
        assert server.listen_on() is Come.UNTOLD


def test_endless_headers_and_an_early_end_are_told() -> None:
    server, client = connected_pair()
    with server, client:
        client.sendall(b"POST /bare HTTP/1.1\r\nX: ")
        assert server.listen_on() is Come.PART
        client.sendall(b"x" * connection.MOST_KEPT)
        assert server.listen_on() is Come.UNTOLD
    server, client = connected_pair()
    with server, client:
        client.close()
        assert server.listen_on() is Come.ENDED


def test_in_haste_nothing_waits_and_nothing_is_lost() -> None:
    server, client = connected_pair()
    with server, client:
        with server.in_haste():
            with pytest.raises(BlockingIOError):
                server.recv(10)
            for _ in range(100):
                server.sendall(b"y" * 100_000)
        assert not server.send_left()
        rest = len(server.left)
        heard = 0
        while heard < 10_000_000 - rest:
            heard += len(client.recv(1 << 20))
        client.setblocking(False)
        while not server.send_left():
            heard += len(client.recv(1 << 20))
        client.setblocking(True)
        while heard < 10_000_000:
            heard += len(client.recv(1 << 20))
        assert heard == 10_000_000


def connected_pair() -> tuple[Connection, Connection]:
    one, other = socket.socketpair()
    return Connection(one), Connection(other)
