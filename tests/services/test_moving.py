"""Moving in: what each format brings, that it comes once, and that counts hold. Files are built field by field."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from moderation.domain.comment import State
from moderation.refusal import Refusal
from moderation.services import seal_log, search, verify_log
from moderation.services.html_words import words_of
from moderation.services.moving import disqus, isso, remark42, wxr
from moderation.services.moving.incoming import Report
from moderation.services.moving.source import Source
from moderation.services.moving.take_in import take_in
from moderation.storage.schema import authors, comments, decisions, labels, outbox, revisions, threads
from moderation.wiring import Wiring
from tests.services import moving_files as files
from tests.support import moderating

READERS = {"wxr": wxr.read, "disqus": disqus.read, "isso": isso.read, "remark42": remark42.read}


def bring_in(wiring: Wiring, format: str, path: Path, **more: Any) -> Report:
    report = Report()
    source = Source(path, "http://news.test/" if format == "isso" else "", lambda _: None)
    take_in(wiring, moderating.site(wiring), format, READERS[format](source), report, **more)
    return report


def here(wiring: Wiring) -> dict[str, Any]:
    """Every comment by its text, with its author and thread."""
    asked = (
        select(comments, revisions.c.name, revisions.c.website, revisions.c.text, threads.c.url, threads.c.title,
               threads.c.open, authors.c.email_digest, authors.c.email_sealed)
        .join(revisions, revisions.c.comment_id == comments.c.id)
        .join(threads, threads.c.id == comments.c.thread_id)
        .join(authors, authors.c.id == comments.c.author_id)
    )  # fmt: skip
    with wiring.database.read() as conn:
        return {row.text: row for row in conn.execute(asked)}


def recount(wiring: Wiring) -> None:
    """Counts that are kept must be those that can be counted."""
    with wiring.database.read() as conn:
        for thread in conn.execute(select(threads)).all():
            shown = select(func.count()).where(comments.c.thread_id == thread.id, comments.c.state == State.APPROVED)
            assert thread.approved == conn.execute(shown).scalar_one()
        for author in conn.execute(select(authors)).all():
            of_author = select(comments.c.state).where(comments.c.author_id == author.id)
            states = list(conn.execute(of_author).scalars())
            assert author.posted == len(states)
            for state in ("approved", "rejected", "spam"):
                assert getattr(author, state) == states.count(state)


def everything(wiring: Wiring) -> dict[str, int]:
    with wiring.database.read() as conn:
        tables = (comments, revisions, decisions, labels, threads, authors, outbox)
        return {one.name: conn.execute(select(func.count()).select_from(one)).scalar_one() for one in tables}


@pytest.fixture
def wordpress(tmp_path: Path) -> Path:
    return files.wxr(
        tmp_path / "wordpress.xml",
        files.wxr_item(
            [
                files.wxr_comment(3, "An answer, before\nwhat it answers.", parent=2, date="2024-05-01 09:00:00"),
                files.wxr_comment(1, "Emoji 🙂 &amp; a <a href=\"http://x.test/a\">link</a>", url="http://ada.test",
                                  author="Ada L.", email="Ada@Readers.example.org"),
                files.wxr_comment(2, "Held.", approved="0", parent=1, email="Ada@readers.example.org"),
                files.wxr_comment(4, "Thrown away.", approved="trash"),
                files.wxr_comment(5, "Bought pills.", approved="spam"),
                files.wxr_comment(6, "[...]", type="pingback"),
                files.wxr_comment(7, "An answer to a pingback.", parent=6, email="not an address", url="no address"),
                files.wxr_comment(8, "   "),
                files.wxr_comment(9, "With its post.", approved="post-trashed"),
                files.wxr_comment(10, "Its parent is nowhere.", parent=99),
                files.wxr_comment(11, "No date.", date="0000-00-00 00:00:00"),
            ]
        ),
        files.wxr_item([files.wxr_comment(12, "No page.")], link=""),
    )  # fmt: skip


def test_wordpress_brings_threads_nesting_dates_and_verdicts(wiring: Wiring, wordpress: Path) -> None:
    report = bring_in(wiring, "wxr", wordpress)
    found = here(wiring)
    assert len(found) == report.taken == 8
    assert report.left == {
        "a pingback or trackback": 1, "it has no text": 1, "its page was thrown away": 1,
        "its page has no web address": 1,
    }  # fmt: skip
    assert report.examples["a pingback or trackback"] == ["6"]
    assert report.states == {"approved": 5, "pending": 1, "rejected": 1, "spam": 1}
    first, held = found["Emoji 🙂 & a link (http://x.test/a)"], found["Held."]
    answer = found["An answer, before\nwhat it answers."]
    assert (first.name, first.website, first.url) == ("Ada L.", "http://ada.test", "http://news.test/depot/")
    assert wiring.vault.open(first.email_sealed) == "Ada@readers.example.org"
    assert first.author_id == held.author_id
    assert (held.parent_id, held.depth) == (first.id, 1)
    assert (answer.parent_id, answer.depth) == (held.id, 2)
    assert first.id < held.id < answer.id  # the order in which a page shows them
    assert answer.created_at == 1_714_554_000_000_000
    assert found["An answer to a pingback."].parent_id is None
    assert wiring.vault.open(found["An answer to a pingback."].email_sealed) == ""
    assert found["Its parent is nowhere."].parent_id is None
    assert found["No date."].created_at == 1_714_464_000_000_000  # the post's
    assert report.changed["what it answers is not there and it stands alone"] == 1
    recount(wiring)


def test_a_second_time_adds_nothing(wiring: Wiring, wordpress: Path) -> None:
    bring_in(wiring, "wxr", wordpress)
    before = everything(wiring)
    again = bring_in(wiring, "wxr", wordpress)
    assert (again.taken, again.already, again.threads) == (0, 8, 0)
    assert everything(wiring) == before
    recount(wiring)


def test_what_is_imported_sets_nothing_going_and_teaches_by_its_verdicts(wiring: Wiring, wordpress: Path) -> None:
    report = bring_in(wiring, "wxr", wordpress)
    with wiring.database.read() as conn:
        assert conn.execute(select(func.count()).select_from(outbox)).scalar_one() == 0
        assert not any(conn.execute(select(comments.c.audit_drawn)).scalars())
        made = conn.execute(select(decisions)).all()
        taught = conn.execute(select(labels)).all()
    assert {row.decided_by for row in made} == {"import:wxr"}
    assert len(taught) == report.labels == 7  # of eight, one was held and judged by nobody
    assert {row.source for row in taught} == {"import"}
    assert sorted(row.verdict for row in taught) == ["approved"] * 5 + ["rejected", "spam"]


def test_labels_can_be_left_behind(wiring: Wiring, wordpress: Path) -> None:
    assert bring_in(wiring, "wxr", wordpress, labels=False).labels == 0
    assert everything(wiring)["labels"] == 0


def test_they_are_found_by_their_words_and_the_log_stays_whole(wiring: Wiring, wordpress: Path) -> None:
    moderating.comment(wiring, "Something newer than all of them.")
    search.index(wiring)
    bring_in(wiring, "wxr", wordpress)
    found = search.find(wiring, [moderating.site(wiring).id], "pills")
    assert found.ids == (here(wiring)["Bought pills."].id,)
    seal_log.run(wiring)
    with wiring.database.read() as conn:
        said = conn.execute(text("SELECT details FROM audit_events WHERE action = 'site.import'")).scalars()
        assert sum(json.loads(details)["comments"] for details in said) == 8
    assert verify_log.verify(wiring).faults == []


def test_answers_far_before_their_parents_all_find_them(wiring: Wiring, tmp_path: Path) -> None:
    """Newest first, each answering the one before: as far as can be from parents first."""
    chain = [files.wxr_comment(n, f"Number {n}.", parent=n - 1 if n % 40 else 0) for n in range(450, 0, -1)]
    report = bring_in(wiring, "wxr", files.wxr(tmp_path / "a.xml", files.wxr_item(chain)))
    assert report.taken == 450
    found = here(wiring)
    for number in range(1, 451):
        expected = found[f"Number {number - 1}."].id if number % 40 and number > 1 else None
        assert found[f"Number {number}."].parent_id == expected
    recount(wiring)


def test_a_circle_of_answers_is_cut_open(wiring: Wiring, tmp_path: Path) -> None:
    circle = [files.wxr_comment(1, "One.", parent=2), files.wxr_comment(2, "Two.", parent=1)]
    report = bring_in(wiring, "wxr", files.wxr(tmp_path / "a.xml", files.wxr_item(circle)))
    assert report.taken == 2
    assert sorted(row.depth for row in here(wiring).values()) == [0, 1]


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_older_wordpress_exports_are_read(tmp_path: Path, version: str) -> None:
    path = files.wxr(tmp_path / "a.xml", files.wxr_item([files.wxr_comment(1)]), version=version)
    assert [one.key for one in wxr.read(Source(path, "", lambda _: None))] == ["1"]


def test_bytes_that_xml_forbids_are_dropped(wiring: Wiring, tmp_path: Path) -> None:
    path = files.wxr(tmp_path / "a.xml", files.wxr_item([files.wxr_comment(1, "A bell\x07 and a \x0bnull\x00.")]))
    bring_in(wiring, "wxr", path)
    assert list(here(wiring)) == ["A bell and a null."]


def test_disqus_brings_verdicts_and_people_without_an_address(wiring: Wiring, tmp_path: Path) -> None:
    path = files.disqus(
        tmp_path / "disqus.xml",
        files.disqus_post(2, "<p>An\nanswer.</p><p>Two lines<br>here</p>", parent=1, email=None),
        files.disqus_post(1, at="2011-08-31T15:00:00Z"),
        files.disqus_post(3, "<p>Pills.</p>", spam="true"),
        files.disqus_post(4, "<p>Deleted.</p>", deleted="true"),
        files.disqus_post(5, "", deleted="true", parent=1),
        files.disqus_post(6, "Under what was deleted.", parent=5, email="", anonymous="true"),
        files.disqus_post(7, thread=2),
    )
    report = bring_in(wiring, "disqus", path)
    found = here(wiring)
    assert report.states == {"approved": 3, "spam": 1, "rejected": 1}
    assert report.left == {"it has no text": 1, "its thread is not in the file": 1}
    answer = found["An answer.\n\nTwo lines\nhere"]
    assert answer.parent_id == found["A quiet word."].id == found["Under what was deleted."].parent_id
    assert (answer.title, answer.open) == ("The depot", False)
    assert len({row.author_id for row in found.values()}) == 5
    recount(wiring)


def test_isso_brings_its_markdown_and_its_modes(wiring: Wiring, tmp_path: Path) -> None:
    path = files.isso(
        tmp_path / "isso.db",
        {"id": 1, "author": "Ada", "email": "ada@readers.example.org", "website": "http://ada.test"},
        {"id": 2, "mode": 2, "text": "Held.", "parent": 1},
        {"id": 3, "mode": 4, "text": "", "parent": 1},
        {"id": 4, "text": "Under what was deleted.", "parent": 3, "created": 1714557700.5},
    )
    report = bring_in(wiring, "isso", path)
    found = here(wiring)
    assert report.states == {"approved": 2, "pending": 1}
    assert report.left == {"it has no text": 1}
    first = found["A *quiet* word."]
    assert (first.name, first.website, first.url) == ("Ada", "http://ada.test", "http://news.test/depot/")
    assert first.created_at == 1_714_557_600_250_000
    assert found["Held."].parent_id == first.id == found["Under what was deleted."].parent_id
    assert found["Held."].name == "Anonymous"
    assert bring_in(wiring, "isso", path).already == 3
    recount(wiring)


def test_isso_needs_a_site_for_its_paths(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as told:
        next(isso.read(Source(files.isso(tmp_path / "isso.db"), "", lambda _: None)))
    assert "--base-url" in told.value.hint


def test_remark42_brings_what_was_typed_and_knows_people_by_their_id(wiring: Wiring, tmp_path: Path) -> None:
    path = files.remark42(
        tmp_path / "backup",
        {"id": "a"},
        {"id": "b", "pid": "a", "orig": "", "text": "<p>Older, with <b>no</b> source.</p>"},
        {"id": "c", "orig": "", "text": "", "delete": True},
        {"id": "d", "orig": "By someone else.", "user": {"name": "Eve", "id": "anonymous_2"},
         "locator": {"site": "gazette", "url": "http://news.test/closed/"}},
        "{broken",
    )
    packed = tmp_path / "backup.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    report = bring_in(wiring, "remark42", packed)
    found = here(wiring)
    assert report.taken == 3
    assert report.left == {"it has no text": 1, "the line is not a comment in JSON": 1}
    assert report.examples["the line is not a comment in JSON"] == ["line 6"]
    first, older = found["A *quiet* word."], found["Older, with no source."]
    assert first.author_id == older.author_id != found["By someone else."].author_id
    assert older.parent_id == first.id
    assert first.created_at == 1_545_760_800_123_456
    assert wiring.vault.open(first.email_sealed) == "Dev@readers.example.org"
    assert wiring.vault.open(found["By someone else."].email_sealed) == ""
    assert (first.open, found["By someone else."].open) == (True, False)
    assert bring_in(wiring, "remark42", path).already == 3
    recount(wiring)


def test_remark42s_older_header_is_taken_as_its_own_import_does(tmp_path: Path) -> None:
    path = tmp_path / "backup"
    whole = files.remark42(path, {"id": "a"}).read_text(encoding="utf-8")
    path.write_text(whole.replace('"version": 1', '"version": 0'), encoding="utf-8")
    assert [one.key for one in remark42.read(Source(path, "", lambda _: None))] == ["a"]


XML = '<?xml version="1.0"?>\n'


@pytest.mark.parametrize(
    ("format", "content", "told"),
    [
        ("wxr", XML + "<rss><channel>\n<item>", "line 3"),
        ("wxr", XML + "<rss><channel>\n<a>&nope;</a>", "line 3, column 4"),
        ("wxr", XML + '<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;">]>\n<a>&z;</a>', "line 2: it declares"),
        ("wxr", XML + '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "declares a document type"),
        ("wxr", XML + "<wp:comment/>", "unbound prefix"),
        ("wxr", XML + "<a>" * 100, "60 elements"),
        ("wxr", XML + "<html/>", "no WordPress export"),
        ("wxr", '<?xml version="1.0" encoding="klingon"?><rss/>', "line 1"),
        ("wxr", "", "is empty"),
        ("disqus", XML + "<rss/>", "no Disqus export"),
        ("isso", "not a database, but long enough to be looked at as if it were one" * 20, "not a database"),
        ("remark42", "{}", "line 1"),
        ("remark42", "", "line 1"),
        ("remark42", '{"version":3}', "version 3"),
    ],
)  # fmt: skip
def test_a_broken_file_is_told_with_its_place(tmp_path: Path, format: str, content: str, told: str) -> None:
    path = tmp_path / "broken"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(Refusal) as refused:
        list(READERS[format](Source(path, "http://news.test/", lambda _: None)))
    assert told in str(refused.value)
    assert str(path) in str(refused.value)


def test_what_came_before_the_break_is_kept_and_the_rest_comes_later(wiring: Wiring, tmp_path: Path) -> None:
    whole = files.wxr(tmp_path / "whole.xml", files.wxr_item([files.wxr_comment(n, f"{n}.") for n in range(1, 6)]))
    cut = tmp_path / "cut.xml"
    cut.write_bytes(whole.read_bytes().partition(b"<wp:comment_id>4<")[0])
    with pytest.raises(Refusal):
        bring_in(wiring, "wxr", cut)
    assert sorted(here(wiring)) == ["1.", "2.", "3."]
    report = bring_in(wiring, "wxr", whole)
    assert (report.taken, report.already) == (2, 3)
    recount(wiring)


def test_a_packed_file_that_was_cut_is_told(wiring: Wiring, tmp_path: Path) -> None:
    path = tmp_path / "a.xml.gz"
    whole = files.wxr(tmp_path / "a.xml", files.wxr_item([files.wxr_comment(1)])).read_bytes()
    path.write_bytes(gzip.compress(whole)[:90])
    with pytest.raises(Refusal, match="cannot be unpacked"):
        bring_in(wiring, "wxr", path)


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("plain  text\nstays", "plain  text\nstays"),
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("a <script>alert(1)</script> b", "a  b"),
        ("<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
        ("<a href='http://x.test'>http://x.test</a>", "http://x.test"),
        ("1 &lt; 2 &amp;amp; 3", "1 < 2 &amp; 3"),
        ("<b>never closed", "never closed"),
        ("a < b", "a < b"),
        ("1 < 2 <", "1 < 2 <"),
    ],
)
def test_html_becomes_its_words(html: str, words: str) -> None:
    assert words_of(html, line_breaks_count=True) == words


def test_a_broken_declaration_is_no_error() -> None:
    # Browsers show nothing of it; Python's parser drops it in some releases and keeps it in others.
    assert words_of("<![weird", line_breaks_count=True) in ("", "<![weird")


