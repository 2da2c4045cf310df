"""Comments for the second look's tests, and scorers that fail on purpose."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from moderation.checks.context import Form
from moderation.domain.comment import Look, State
from moderation.domain.decision import Decision
from moderation.domain.finding import Missing, Opinion
from moderation.domain.policy import Thresholds
from moderation.services.submission import SubmitComment
from moderation.services.submit import submit
from moderation.storage import comments as comments_store
from moderation.storage.ids import new_id
from moderation.storage.schema import comments, decisions, outbox
from tests.support.settings import SITE

if TYPE_CHECKING:
    from moderation.wiring import Wiring

_numbers = itertools.count(1)
UNSURE = 0.5


@dataclass
class Scorer:
    """Says `p_reject` of every text; of some nothing, and for some it raises what the model would."""

    p_reject: float = UNSURE
    poison: str = "\0never"
    sick: bool = False
    scored: list[str] = field(default_factory=list)
    before: Callable[[], None] = lambda: None
    problem: str | None = None

    def current(self) -> object | None:
        return None if self.sick else self

    def operating_point(self, model: str | None = None) -> Thresholds | None:
        return None if self.sick else Thresholds(0.2, 0.9, 0.9)

    def opinion(self, text: str, site_id: str = "") -> Opinion | Missing:
        return self.opinions([text])[0]

    def opinions(self, texts: Sequence[str], site_id: str = "") -> list[Opinion | Missing]:
        self.before()
        self.scored += texts
        return [self._one(text) for text in texts]

    def _one(self, text: str) -> Opinion | Missing:
        if self.sick or self.poison in text:
            return Missing("the model failed: ValueError")
        return Opinion(self.p_reject, self.p_reject, self.p_reject, {"spam": 0.0, "threat": 0.0}, "test@1")


def a_text(number: int) -> str:
    """Unlike any other."""
    words = random.Random(number)
    return " ".join("".join(words.choices("abdefgiklmnoprstu", k=words.randint(3, 9))) for _ in range(12))


def with_scorer(wiring: Wiring, scorer: Scorer) -> Wiring:
    return replace(wiring, scorer=scorer)  # type: ignore[arg-type]


def post(wiring: Wiring, text: str = "", *, email: str = "", site_key: str = SITE) -> str:
    """One comment through the front door; its id."""
    number = next(_numbers)
    site = wiring.sites.by_key(site_key)
    assert site is not None
    command = SubmitComment(
        site=site, thread_url="http://news.test/bus-stop", thread_title="The bus stop",
        name=f"Reader {number}", email=email or f"reader{number}@example.org", website="",
        text=text or a_text(number),
        parent=None, network_address="192.0.2.1", form=Form(age_s=30.0, token="ok"),
    )  # fmt: skip
    return submit(wiring, command).id


def held(wiring: Wiring, text: str = "") -> str:
    """A comment that was scored and is uncertain."""
    return post(with_scorer(wiring, Scorer(UNSURE)), text)


def unscored(wiring: Wiring, text: str = "") -> str:
    return post(with_scorer(wiring, Scorer(sick=True)), text)


def comment(wiring: Wiring, comment_id: str) -> Any:
    with wiring.database.read() as conn:
        return conn.execute(select(comments).where(comments.c.id == comment_id)).one()


def looks(wiring: Wiring, comment_id: str) -> list[Any]:
    """Its decisions, oldest first."""
    with wiring.database.read() as conn:
        return list(
            conn.execute(
                select(decisions).where(decisions.c.comment_id == comment_id).order_by(decisions.c.version)
            )
        )


def codes(decision: Any) -> list[str]:
    return [finding["code"] for finding in json.loads(decision.findings)]


def finding(decision: Any, code: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in json.loads(decision.findings) if one["code"] == code)
    return found


def work(wiring: Wiring, comment_id: str) -> Any:
    """Its outbox row, or None."""
    with wiring.database.read() as conn:
        return conn.execute(select(outbox).where(outbox.c.comment_id == comment_id)).one_or_none()


def waiting(wiring: Wiring) -> int:
    with wiring.database.read() as conn:
        return conn.execute(select(func.count()).select_from(outbox)).scalar_one()


def make_due(wiring: Wiring, comment_id: str | None = None) -> None:
    """Time passes: leases run out and backoffs end."""
    overdue = update(outbox).values(due_at=outbox.c.created_at)
    if comment_id:
        overdue = overdue.where(outbox.c.comment_id == comment_id)
    wiring.database.write(lambda conn: conn.execute(overdue))


def decide_as_moderator(wiring: Wiring, comment_id: str, state: State) -> None:
    row = comment(wiring, comment_id)
    now = wiring.clock.now_us()
    decision = Decision(
        id=new_id(now), site_id=row.site_id, comment_id=comment_id, revision=row.revision,
        version_before=row.version, look=Look.MODERATOR, state_before=State(row.state), state_after=state,
        decided_by="moderator:" + "m" * 26, at=now,
    )  # fmt: skip
    assert wiring.database.write(lambda conn: comments_store.apply(conn, decision))
