"""Many moderators work one queue while the web processes are killed: each comment is decided, and decided once."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import requests
from sqlalchemy import bindparam, func, select

from moderation.domain.comment import State
from moderation.services import tally
from moderation.storage import claims
from moderation.storage.ids import new_id
from moderation.storage.schema import authors, comments, decisions, threads
from moderation.storage.schema import claims as claims_table
from tests.services.test_decide_many import many
from tests.support import moderating as desk
from tests.support.desk import csrf_token
from tests.support.service import Service, running_service

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from moderation.wiring import Wiring

VERDICTS = {"approve": State.APPROVED, "reject": State.REJECTED, "spam": State.SPAM}
JSON = {"Accept": "application/json"}
# The web process died before it answered, or while it did.
CUT = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)


class Worker(threading.Thread):
    """Takes what comes next and decides it, until nothing is left; what the server acknowledged is kept."""

    def __init__(self, service: Service, person: desk.Person, seed: int) -> None:
        super().__init__()
        self.acknowledged: dict[str, State] = {}
        self.conflicts = self.cut = 0
        self.error: Exception | None = None
        self._next: dict[str, Any] | None = None
        self._url, self._dice, self._session = service.url, random.Random(seed), requests.Session()
        self._session.trust_env = False
        self._session.cookies.set("desk_session", person.token)

    def run(self) -> None:
        try:
            with self._session:
                self._csrf = csrf_token(self._patiently("GET", "/desk/pending").text)
                while self._decide_one():
                    pass
        except Exception as error:
            self.error = error

    def _decide_one(self) -> bool:
        """What the answer to a decision brings is read next, as a page does it."""
        shown = self._next or self._patiently("GET", "/desk/pending", headers=JSON).json()["next"]
        self._next = None
        if shown["id"] is None:
            return False
        verdict = self._dice.choice(list(VERDICTS))
        fields = {"verdict": verdict, "version": str(shown["version"]), "csrf_token": self._csrf}
        try:
            answer = self._session.post(
                f"{self._url}/desk/comments/{shown['id']}/decision", data=fields, headers=JSON, timeout=60
            )
        except CUT:
            self.cut += 1  # it may be decided or not: the next look says which
            return True
        if answer.status_code == 409:
            self.conflicts += 1
        elif answer.status_code == 200:
            assert shown["id"] not in self.acknowledged
            self.acknowledged[shown["id"]] = VERDICTS[verdict]
            found = answer.json()["next"]
            self._next = found if found["id"] is not None else None
        else:
            raise AssertionError(f"{answer.status_code}: {answer.text[:200]}")
        return True

    def _patiently(self, method: str, path: str, **more: object) -> requests.Response:
        for _ in range(600):
            try:
                answer = self._session.request(method, self._url + path, timeout=60, **more)  # type: ignore[arg-type]
            except CUT:
                self.cut += 1
                time.sleep(0.1)
                continue
            assert answer.status_code == 200, f"{path}: {answer.status_code}"
            return answer
        raise AssertionError("the web process does not come back")


LONG = [pytest.mark.long, pytest.mark.timeout(7200)]


def _spread(conn: Connection) -> int:
    """What waits, under articles and by authors of its own, two hundred of each; how many that are."""
    for table, key in ((threads, "thread_id"), (authors, "author_id")):
        first = dict(conn.execute(select(table)).one()._mapping)
        unique = "url" if table is threads else "email_digest"
        more = [first | {"id": new_id(place), unique: f"{first[unique]}{place}"[-60:]} for place in range(1, 200)]
        conn.execute(table.insert(), more)
        ids = conn.execute(select(comments.c.id)).scalars().all()
        conn.execute(
            comments.update().where(comments.c.id == bindparam("on")).values({key: bindparam("to")}),
            [{"on": one, "to": more[place % len(more)]["id"]} for place, one in enumerate(ids)],
        )
    return conn.execute(comments.update().values(state="pending", version=1, flood_id=None)).rowcount


@pytest.mark.parametrize(
    ("people", "count", "kills"),
    [(4, 24, 1), pytest.param(20, 1_000, 10, marks=LONG), pytest.param(20, 20_000, 10, marks=LONG)],
)
def test_many_decide_one_queue_and_nothing_is_lost_or_decided_twice(
    wiring: Wiring, tmp_path: Path, people: int, count: int, kills: int
) -> None:
    with many(wiring, count):
        pending = wiring.database.write(_spread)
        persons = [desk.moderator(wiring, f"Person{number}") for number in range(people)]
        with running_service(wiring.settings.database_url, tmp_path, "web") as service:
            service.keep_alive()
            workers = [Worker(service, person, number) for number, person in enumerate(persons)]
            began = time.monotonic()
            for each in workers:
                each.start()
            for kill in range(1, kills + 1):
                while _decided(wiring) < pending * kill // (kills + 1) and any(each.is_alive() for each in workers):
                    time.sleep(0.01)
                service.kill("web")
            for each in workers:
                each.join()
            took = time.monotonic() - began
            while service.respawned.get("web", 0) < kills and time.monotonic() < began + took + 30:
                time.sleep(0.1)  # the last one may be killed when all is decided
            killed = service.respawned.get("web", 0)
    assert [each.error for each in workers] == [None] * people and killed == kills
    told = [item for each in workers for item in each.acknowledged.items()]
    with wiring.database.read() as conn:
        states = {row.id: row.state for row in conn.execute(select(comments.c.id, comments.c.state))}
        times = Counter(conn.execute(
            select(decisions.c.comment_id).where(decisions.c.look == "moderator")
        ).scalars())  # fmt: skip
    assert set(times.values()) == {1} and len(times) == pending == count, "each is decided, and once"
    assert len(told) == len(dict(told)) and all(states[one] == state for one, state in told), "nothing told is lost"
    assert tally.check(wiring) == 0
    print(
        f"\n{people} moderators, {count} comments, {killed} kills: {took:.0f} s, {len(told)} told,"
        f" {sum(each.conflicts for each in workers)} conflicts, {sum(each.cut for each in workers)} answers cut"
    )


def _decided(wiring: Wiring) -> int:
    with wiring.database.read() as conn:
        found = select(func.count()).select_from(decisions).where(decisions.c.look == "moderator")
        return int(conn.execute(found).scalar_one())


def test_what_a_killed_browser_held_is_free_when_its_lease_ends(wiring: Wiring) -> None:
    from moderation.services import claim

    desk.queue(wiring, ["One clown.", "Two clowns."])
    ines, omar = desk.moderator(wiring).id, desk.moderator(wiring, "Omar").id
    held = claim.claim_next(wiring, ines, "pending")
    assert held is not None
    policy_minutes = desk.site(wiring).policy.claim_minutes
    assert held.until - held.claimed_at == policy_minutes * 60_000_000
    other = claim.claim_next(wiring, omar, "pending")
    assert other is not None and other.comment_id != held.comment_id
    wiring.database.write(
        lambda conn: conn.execute(claims_table.update().where(claims_table.c.comment_id == held.comment_id)
                                  .values(expires_at=wiring.clock.now_us() - 1))
    )  # fmt: skip
    with wiring.database.read() as conn:
        assert claims.holder(conn, held.comment_id, now=wiring.clock.now_us()) is None
    taken = claim.claim(wiring, omar, held.comment_id)
    assert isinstance(taken, claim.Claim)
