"""A real WordPress 6.5 with the real Akismet plugin and our must-use plugin, and its own comment form posted to us."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
import requests

from moderation.services.sites import REMEMBERED_S
from tests.compat.peers.wordpress import WordPress, running_wordpress
from tests.journeys import ledger_check
from tests.support.databases import Databases
from tests.support.service import Service, running_service

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
HAM = "I read the whole report and found the part about the depot the most convincing. Thank you."
DOUBTFUL = "Sources: http://a.example/depot http://b.example/council http://c.example/plan are worth a read."
SPAM = "Buy now " + " ".join(f"http://cheap{n}.example/pills" for n in range(14))


def test_akismets_plugin_files_spam_as_spam_and_ham_as_ham(new_databases: Databases, tmp_path: Path) -> None:
    (tmp_path / "service").mkdir(), (tmp_path / "wordpress").mkdir()
    with running_service(new_databases.migrated("sqlite"), tmp_path / "service", "web") as service:
        key = service.run("python -m moderation add-key demo --name WordPress").stdout.decode().split()[-1]
        with running_wordpress(tmp_path / "wordpress", service_url=service.url, key=key) as wordpress:
            fields = _form(wordpress)
            assert "akismet_comment_nonce" in fields
            for name, text in (("Ann", HAM), ("Bob", SPAM), ("viagra-test-123", "Nice post")):
                _post(f"{wordpress.url}/wp-comments-post.php", fields, author=name, comment=text)
            stored = wordpress.rows("SELECT comment_author, comment_approved FROM wp_comments WHERE comment_ID > 1")
            assert stored == [("Ann", "1"), ("Bob", "spam"), ("viagra-test-123", "spam")]
            results = wordpress.rows("SELECT meta_value FROM wp_commentmeta WHERE meta_key = 'akismet_result'")
            assert results == [("false",), ("true",), ("true",)]
            _same_form_posted_here(service, wordpress, fields)
            _its_export_moves_in(service, wordpress, tmp_path / "export.xml")


def test_a_doubtful_comment_waits_until_a_worker_has_read_it(new_databases: Databases, tmp_path: Path) -> None:
    """Our plugin holds it, asks again when it was told to, and lets WordPress publish it then."""
    (tmp_path / "service").mkdir(), (tmp_path / "wordpress").mkdir()
    with running_service(new_databases.migrated("sqlite"), tmp_path / "service", "web", "worker") as service:
        key = service.run("python -m moderation add-key demo --name WordPress").stdout.decode().split()[-1]
        with running_wordpress(tmp_path / "wordpress", service_url=service.url, key=key) as wordpress:
            wordpress.change_option("comment_max_links", "0")  # WordPress itself holds none for its links
            _post(f"{wordpress.url}/wp-comments-post.php", _form(wordpress), author="Ann", comment=DOUBTFUL)
            state = "SELECT comment_approved FROM wp_comments WHERE comment_author = 'Ann'"
            assert wordpress.rows(state) == [("0",)]
            until = time.monotonic() + 120
            while wordpress.rows(state) == [("0",)] and time.monotonic() < until:
                time.sleep(5)
                requests.get(f"{wordpress.url}/wp-cron.php?doing_wp_cron", timeout=60)
            assert wordpress.rows(state) == [("1",)]
            with ledger_check.rows_of(service.database_url) as rows:
                assert [tuple(row) for row in rows("SELECT sealed, spam FROM shown_texts")] == [(None, 0)]


def _its_export_moves_in(service: Service, wordpress: WordPress, path: Path) -> None:
    """The file of Tools, Export, as this WordPress writes it: everything but spam, which it never exports."""
    path.write_bytes(wordpress.export())
    service.run(f"python -m moderation add-site blog --name Blog --origin {wordpress.url}")
    said = service.run(f"python -m moderation import {path} --format wxr --site blog")
    assert said.returncode == 0, said.stderr
    theirs = wordpress.rows(
        "SELECT comment_author, comment_content FROM wp_comments WHERE comment_approved IN ('1', '0') ORDER BY 1"
    )
    with ledger_check.rows_of(service.database_url) as rows:
        ours = [
            tuple(row) for row in rows(
                "SELECT r.name, r.text FROM revisions r JOIN comments c ON c.id = r.comment_id "
                "JOIN sites s ON s.id = c.site_id WHERE s.key = 'blog' ORDER BY 1"
            )
        ]  # fmt: skip
    assert [name for name, _ in ours] == [name for name, _ in theirs]
    assert ("Ann", HAM) in ours
    again = service.run(f"python -m moderation import {path} --format wxr --site blog").stdout.decode()
    assert re.search(r"taken in +0\b", again), again


def _same_form_posted_here(service: Service, wordpress: WordPress, fields: dict[str, str]) -> None:
    """Only its `action` changes; a comment is taken, and a fault is told as WordPress tells it."""
    service.run(f"python -m moderation add-site demo --name Demo --origin {wordpress.url}")
    time.sleep(REMEMBERED_S + 0.1)  # until the web processes ask for the site's origins again
    ours, theirs = f"{service.url}/wp-comments-post.php?site=demo", f"{wordpress.url}/wp-comments-post.php"
    taken = _post(ours, fields, origin=wordpress.url, author="Cleo", comment="A calm remark for the other door.")
    assert taken.status_code == 302
    assert taken.headers["Location"].startswith(f"{wordpress.url}/?p=1")
    for changed in ({"author": ""}, {"email": "nothing at all"}, {"comment": ""}):
        answers = [_post(each, fields, origin=wordpress.url, **changed) for each in (ours, theirs)]
        assert answers[0].status_code == answers[1].status_code
        assert _message(answers[0]) == _message(answers[1])


def _form(wordpress: WordPress) -> dict[str, str]:
    page = requests.get(f"{wordpress.url}/?p=1", timeout=60).text
    form = page[page.index('id="commentform"') :]
    return dict(re.findall(r'name="([^"]+)"[^>]*value="([^"]*)"', form))


def _post(url: str, fields: dict[str, str], *, origin: str = "", **changed: str) -> requests.Response:
    given = {**fields, "author": "Dee", "email": "dee@example.org", "url": "", "comment": "Words",
             "comment_post_ID": "1", "comment_parent": "0"} | changed  # fmt: skip
    if "author" in changed and "email" not in changed:
        given["email"] = f"{changed['author'] or 'nobody'}@example.org"
    headers = {"User-Agent": "Mozilla/5.0", **({"Origin": origin} if origin else {})}
    return requests.post(url, data=given, allow_redirects=False, headers=headers, timeout=60)


def _message(answer: requests.Response) -> str:
    found = re.search(r'wp-die-message">(.*?)</div>', answer.text, re.DOTALL)
    assert found, answer.text[:500]
    return found[1]
