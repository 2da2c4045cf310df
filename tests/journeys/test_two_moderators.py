"""Two moderators decide the same comments at the same moment: one decision each, and the other is told."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

import pytest
import requests

from tests.journeys import ledger_check
from tests.support.desk import Moderator
from tests.support.service import Service, running_service

COMMENTS = 500


def _post_comments(service: Service) -> list[str]:
    """Held ones: they come without a form token, so a person looks first."""
    ids = []
    with requests.Session() as session:
        for number in range(COMMENTS):
            reply = session.post(f"{service.url}/api/v1/comments", json={
                "site": "demo", "thread_url": "http://news.test/a", "name": f"Reader {number}",
                "email": f"reader{number}@example.org", "comment": f"Something to decide, number {number}",
            })  # fmt: skip
            assert reply.status_code == 202, reply.text
            ids.append(reply.json()["id"])
    return ids


def _decide_together(moderators: list[Moderator], ids: list[str]) -> list[list[requests.Response]]:
    """Everybody decides each comment, starting at the same moment; answers by moderator."""
    barrier = threading.Barrier(len(moderators))
    answers: list[list[requests.Response]] = [[] for _ in moderators]

    def work(which: int) -> None:
        verdict = ("approve", "reject")[which]
        for comment_id in ids:
            barrier.wait(30)
            answers[which].append(moderators[which].decide(comment_id, verdict, version=1))

    threads = [threading.Thread(target=work, args=(which,)) for which in range(len(moderators))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.timeout(240, method="signal")
def test_two_moderators_never_overwrite_each_other(database_url: str, tmp_path: Path) -> None:
    with running_service(database_url, tmp_path, "web") as service:
        ids = _post_comments(service)
        moderators = [Moderator(service, name) for name in ("Ada", "Grace")]
        answers = _decide_together(moderators, ids)
        for moderator in moderators:
            moderator.close()
    pairs = Counter(tuple(sorted(reply.status_code for reply in pair)) for pair in zip(*answers, strict=True))
    assert pairs == {(200, 409): COMMENTS}, "of two decisions one is taken and the other is told"
    told = [reply.json()["conflict"] for both in answers for reply in both if reply.status_code == 409]
    assert all(conflict["by"] in ("Ada", "Grace") and conflict["version"] == 2 for conflict in told)
    wins = [sum(reply.status_code == 200 for reply in each) for each in answers]
    print(f"\n{COMMENTS} comments: Ada decided {wins[0]}, Grace {wins[1]}; {len(told)} conflicts told")
    assert min(wins) > 0, "the two were really at it together"
    _stored_as_told(database_url, ids, answers)


def _stored_as_told(database_url: str, ids: list[str], answers: list[list[requests.Response]]) -> None:
    won = {
        comment_id: reply.json()["decided"]["state"]
        for both in answers
        for comment_id, reply in zip(ids, both, strict=True)
        if reply.status_code == 200
    }
    with ledger_check.rows_of(database_url) as rows:
        assert dict(rows("SELECT id, state FROM comments")) == won, "nothing was overwritten"
        human = rows("SELECT comment_id, count(*) FROM decisions WHERE look = 'moderator' GROUP BY comment_id")
        assert Counter(count for _, count in human) == {1: COMMENTS}
        for name, query in ledger_check.COUNTS.items():
            if name.endswith(("_wrong", "_twice", "_event")):
                assert rows(query)[0][0] == 0, name
