"""Open desks are told that something changed: only of their own sites, only while signed in, and nobody waits."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest

from moderation.domain.comment import State
from moderation.services import review, sign_in
from moderation.services.review import Decide
from moderation.services.sites import add_site
from moderation.storage import roles
from moderation.web.desk import live
from moderation.web.desk.live import Live
from tests.support import moderating as desk
from tests.support.moderating import Person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient

    from moderation.wiring import Wiring


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "TICK_S", 0.05)


class Streams(Live):
    """With both ends of each."""

    def __init__(self, wiring: Wiring, most: int = 10) -> None:
        super().__init__(wiring, most)
        self.ends: list[socket.socket] = []

    def joins(self, who: Person) -> socket.socket:
        """The reader's end; the web server's sees a connection that has ended."""
        server_side, reader = socket.socketpair()
        self.ends += [server_side, reader]
        reader.settimeout(15)
        self.adopt(server_side, who.token, who.id)
        assert server_side.recv(1) == b""
        return reader


@pytest.fixture
def streams(wiring: Wiring) -> Iterator[Streams]:
    desk.site(wiring)
    found = Streams(wiring)
    yield found
    found.close()
    for each in found.ends:
        each.close()


def heard(reader: socket.socket, word: bytes) -> None:
    said = b""
    while word not in said:
        some = reader.recv(1024)
        assert some, f"it ended after {said!r}"
        said += some


def ended(reader: socket.socket) -> bool:
    while some := reader.recv(1024):
        assert b"event" in some
    return True


def somebody_decides(wiring: Wiring) -> None:
    ada = desk.moderator(wiring, f"Ada{time.time_ns()}")
    review.decide(wiring, Decide(ada.id, desk.comment(wiring), 1, State.APPROVED))


def test_a_change_is_told_to_those_who_may_look_and_an_outsider_hears_nothing(wiring: Wiring, streams: Streams) -> None:
    ines, otto = desk.moderator(wiring), desk.moderator(wiring, "Otto", role="none")
    other = add_site(wiring.database, key="elsewhere", name="Elsewhere", origins=[], now=1)
    wiring.database.write(lambda conn: roles.set_at_sites(conn, otto.id, {other: "lead"}))
    desk.site(wiring)
    inside, outside = streams.joins(ines), streams.joins(otto)
    somebody_decides(wiring)
    heard(inside, live.CHANGED)
    outside.settimeout(0.5)
    with pytest.raises(TimeoutError):
        outside.recv(1)


def test_who_is_signed_out_or_lost_the_site_is_let_go(
    wiring: Wiring, streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "BEAT_S", 0.1)
    ines, ada = desk.moderator(wiring), desk.moderator(wiring, "Ada")
    first, second = streams.joins(ines), streams.joins(ada)
    heard(first, live.BEAT)
    heard(second, live.BEAT)
    sign_in.sign_out(wiring, ines.token)
    assert ended(first)
    heard(second, live.BEAT)


def test_a_reader_who_takes_nothing_is_let_go_and_the_others_hear_on(
    wiring: Wiring, streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "PATIENCE_S", 0.3)
    monkeypatch.setattr(live, "BEAT_S", 0.05)
    monkeypatch.setattr(live, "BEAT", b"event: beat\ndata: 1\n\n" * 2000)
    slow, good = streams.joins(desk.moderator(wiring)), streams.joins(desk.moderator(wiring, "Ada"))
    until = time.monotonic() + 15
    while len(streams._streams) > 1 and time.monotonic() < until:
        heard(good, b"beat")
    assert [each.connection.getpeername() is not None for each in streams._streams] == [True]
    assert ended(slow)


def test_there_is_a_place_for_so_many_and_for_so_many_of_one_person(
    wiring: Wiring, streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "A_PERSON", 2)
    streams._most, ines, ada = 3, desk.moderator(wiring), desk.moderator(wiring, "Ada")
    readers = [streams.joins(ines) for _ in range(2)]
    assert not streams.has_room(ines.id) and streams.has_room(ada.id)
    readers.append(streams.joins(ada))
    assert not streams.has_room(ada.id)
    for each in readers:
        each.close()
    until = time.monotonic() + 15
    while not streams.has_room(ines.id):
        assert time.monotonic() < until, "who hung up gives the place back"
        time.sleep(0.02)


def test_without_a_connection_to_take_over_the_desk_is_told_to_ask(wiring: Wiring, client: FlaskClient) -> None:
    desk.site(wiring)
    desk.signed_in(client, desk.moderator(wiring))
    assert client.get("/desk/live").status_code == 204
