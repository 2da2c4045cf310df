"""A site with weeks behind it: comments of every band, decisions of three people, audits; straight by SQL."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from moderation.storage.ids import new_id
from moderation.storage.schema import authors, comments, decisions, labels, revisions, threads

if TYPE_CHECKING:
    from moderation.wiring import Wiring

DAY_US = 86_400_000_000
STATE = {"auto_approve": "approved", "auto_reject": "rejected", "auto_spam": "spam", "review": "pending"}
BANDS = {"auto_approve": 62, "review": 22, "auto_reject": 9, "auto_spam": 7}
SCORES = {"auto_approve": (0.0, 0.2), "review": (0.1, 0.9), "auto_reject": (0.8, 1.0), "auto_spam": (0.3, 0.9)}


class Writer:
    """Rows by table; all of them are written at the end."""

    def __init__(self) -> None:
        self.rows: dict[Any, list[dict[str, Any]]] = {}

    def add(self, table: Any, **row: Any) -> str:
        self.rows.setdefault(table, []).append(row)
        return str(row.get("id", ""))

    def write(self, wiring: Wiring) -> None:
        for table in (threads, authors, comments, revisions, decisions, labels):
            rows = self.rows.get(table, [])
            for start in range(0, len(rows), 5000):
                some = rows[start : start + 5000]
                wiring.database.write(lambda conn, table=table, some=some: conn.execute(insert(table), some))  # type: ignore[misc]


def fill(
    wiring: Wiring, site_id: str, people: list[str], *, days: int = 28, a_day: int = 60, seed: int = 7,
    said: Sequence[tuple[str, str]] = (("Reader", "A sentence about the depot."),),
) -> None:
    """`a_day` comments on each of the last days, whose name and text are of `said`; held ones are decided within hours
    by one of `people`, the last few of today still wait, one in ten is decided by a second person as well, every
    fiftieth automatic one is audited."""
    chance, out, now = random.Random(seed), Writer(), wiring.clock.now_us()
    thread = out.add(
        threads, id=new_id(now - days * DAY_US), site_id=site_id, url="http://news.test/busy", title="A busy article",
        section="city", open=True, approved=0, version=1, created_at=now - days * DAY_US,
    )  # fmt: skip
    author = out.add(
        authors, id=new_id(now - days * DAY_US), site_id=site_id, email_digest="busy", email_sealed="x",
        standing="normal", approved=0, rejected=0, spam=0, posted=9, burst_started_at=1, burst=1, created_at=1,
    )  # fmt: skip
    for day in range(days):
        count = int(a_day * chance.uniform(0.6, 1.3) * (1.5 if day == days - 6 else 1))
        for _ in range(count):
            at = now - (days - 1 - day) * DAY_US - int(chance.uniform(0, 0.9) * DAY_US) if day < days - 1 else (
                now - int(chance.uniform(0, 0.5) * DAY_US))  # fmt: skip
            _comment(out, chance, site_id, thread, author, people, at, now, said)
    out.write(wiring)


def _comment(
    out: Writer, chance: random.Random, site_id: str, thread: str, author: str, people: list[str], at: int, now: int,
    said_: Sequence[tuple[str, str]],
) -> None:
    (band,) = chance.choices(list(BANDS), list(BANDS.values()))
    low, high = SCORES[band]
    score, state = round(chance.uniform(low, high), 4), STATE[band]
    id, audited = new_id(at), band != "review" and chance.random() < 0.05
    steps = [(at, None, state, None)]
    if band == "review" and at < now - 3_000_000_000:
        when = at + int(chance.lognormvariate(6.5, 1.2) * 1_000_000)
        said = "rejected" if chance.random() < score else "approved"
        if when < now:
            steps.append((when, state, said, chance.choice(people)))
            if chance.random() < 0.1 and len(people) > 1:
                other = said if chance.random() < 0.85 else {"rejected": "approved", "approved": "rejected"}[said]
                again = chance.choice([each for each in people if each != steps[-1][3]])
                steps.append((min(now, when + 3_600_000_000), said, other, again))
    elif audited and at < now - DAY_US // 4:
        said = state if chance.random() > 0.06 else ("approved" if state != "approved" else "rejected")
        steps.append((at + DAY_US // 5, state, said, chance.choice(people)))
    final = steps[-1]
    out.add(
        comments, id=id, site_id=site_id, thread_id=thread, author_id=author, depth=0, revision=1,
        version=len(steps), state=final[2], band=band, p_reject=score, p_low=score, p_high=score, queue_key=at,
        text_digest=1, address_digest="x", audit_drawn=audited, created_at=at,
        decided_at=None if final[2] == "pending" else final[0],
    )  # fmt: skip
    name, text = chance.choice(said_)
    out.add(revisions, comment_id=id, revision=1, name=name, website="", text=text, created_at=at)
    first = ""
    for version, (when, before, after, who) in enumerate(steps, 1):
        decision = out.add(
            decisions, id=new_id(when), site_id=site_id, comment_id=id, revision=1, version=version,
            look="moderator" if who else "first", band=None if who else band, state_before=before, state_after=after,
            decided_by=f"moderator:{who}" if who else "busy@1", reason="", because="[]", findings="[]",
            opinion=None if who else json.dumps({"p_reject": score, "low": score, "high": score, "attributes": {}}),
            model=None if who else "busy@1", thresholds=None, policy_version=1,
            audit_probability=0.05 if not who and band != "review" else None, undoes=None, created_at=when,
        )  # fmt: skip
        first = first or decision
        if who:
            out.add(
                labels, decision_id=decision, site_id=site_id, comment_id=id, revision=1,
                source="audit" if audited else "moderator", verdict=after, judged=first if audited else None,
                probability=0.05 if audited else 1.0, created_at=when,
            )  # fmt: skip
