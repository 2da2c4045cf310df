"""Moving out: what is written is all there is, and read again it is the same."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from moderation.domain.comment import State
from moderation.domain.reason import Reason
from moderation.domain.site import Site
from moderation.refusal import Refusal
from moderation.services import review, sites
from moderation.services.moving import hand_out, hand_out_wxr, moderato, wxr
from moderation.services.moving.incoming import Report
from moderation.services.moving.source import Source
from moderation.services.moving.take_in import take_in
from moderation.storage import exports
from moderation.storage.schema import audit_events, authors, comments, imported, labels, outbox
from moderation.wiring import Wiring
from tests.services import moving_files as files
from tests.services.test_moving import everything, here, recount
from tests.support import moderating
from tests.support.databases import Databases


@pytest.fixture
def lived(wiring: Wiring) -> Wiring:
    """A site with a past: decisions by model and moderator, one taken back, answers, a closed thread."""
    ines = moderating.moderator(wiring)
    first = moderating.comment(wiring, "The depot is quiet <at> night & cold.\n\nTwo   spaces, a ]]> too.")
    second = moderating.comment(wiring, "The mayor is a clown.", name="Eve B.", website="http://eve.test/?a=1&b=2")
    _decide(wiring, ines, first, State.APPROVED)
    _decide(wiring, ines, second, State.REJECTED, Reason.INSULT)
    moderating.comment(wiring, "An answer.", parent=first, name="Eve B.")
    third = moderating.comment(wiring, "Buy pills.", name="Bot X.", thread_url="http://news.test/other?page=2")
    _decide(wiring, ines, third, State.SPAM)
    return wiring


def _decide(wiring: Wiring, who: moderating.Person, comment_id: str, verdict: Any, reason: Any = None) -> None:
    with wiring.database.read() as conn:
        row = conn.execute(select(comments).where(comments.c.id == comment_id)).one()
    review.decide(
        wiring,
        review.Decide(
            moderator_id=who.id, comment_id=comment_id, version=row.version, verdict=verdict, reason=reason,
        ),
    )  # fmt: skip


def write(wiring: Wiring, path: Path, out: Any = hand_out, *, key: str | None = None, emails: bool = True) -> Path:
    site = wiring.sites.by_key(key) if key else moderating.site(wiring)
    assert site is not None
    with exports.snapshot(wiring.database) as conn:
        lines = out.lines(wiring, conn, site, with_emails=emails)
        path.write_text("".join(line for line, _ in lines), encoding="utf-8")
    return path


def read(wiring: Wiring, path: Path, format: str = "moderato", site: Site | None = None) -> Report:
    report = Report()
    reader = {"moderato": moderato, "wxr": wxr}[format].read
    source = Source(path, "", lambda _: None)
    take_in(wiring, site or moderating.site(wiring), format, reader(source), report)
    return report


def lines_of(path: Path) -> list[dict[str, Any]]:
    """Without what must differ: when it was made, and ids of threads and authors, which are made anew."""
    header, *lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    header.pop("made_at")
    urls = {line["id"]: line["url"] for line in lines if line["kind"] == "thread"}
    for line in lines:
        if line["kind"] == "thread":
            line.pop("id")
        else:
            line["thread"] = urls[line["thread"]]
            line["author"].pop("id")
    return [header, *sorted(lines, key=lambda line: (line["kind"], line["url"] if "url" in line else line["id"]))]


@pytest.fixture
def elsewhere(new_databases: Databases, wiring: Wiring, request: pytest.FixtureRequest) -> Any:
    """An empty installation of the same kind, with keys of its own for addresses."""
    from moderation.storage.database import open_database
    from moderation.storage.vault import Vault

    url = new_databases.migrated("sqlite" if wiring.database.is_sqlite else "postgresql")
    database = open_database(url)
    directory = sites.SiteDirectory(database, Path("config/site_policy.toml"))
    vault = Vault(wiring.settings.email_keys, "another hash key for the other house")
    yield replace(wiring, database=database, sites=directory, vault=vault)
    database.close()
    new_databases.drop(url)


def test_an_export_read_by_an_empty_installation_is_the_same(lived: Wiring, elsewhere: Wiring, tmp_path: Path) -> None:
    first = write(lived, tmp_path / "first.jsonl")
    report = read(elsewhere, first)
    assert (report.taken, report.left, report.changed) == (4, {}, {})
    assert lines_of(write(elsewhere, tmp_path / "second.jsonl")) == lines_of(first)
    recount(elsewhere)
    with elsewhere.database.read() as conn:
        assert conn.execute(select(func.count()).select_from(outbox)).scalar_one() == 0
        taught = {row.verdict for row in conn.execute(select(labels))}
    assert taught == {"approved", "rejected", "spam"}
    assert read(elsewhere, first).already == 4


def test_what_it_says_of_a_comment(lived: Wiring, tmp_path: Path) -> None:
    header, *lines = [json.loads(line) for line in write(lived, tmp_path / "a").read_text("utf-8").splitlines()]
    assert (header["format"], header["version"], header["site"]["key"]) == ("moderato-export", 1, "demo")
    threads = [line for line in lines if line["kind"] == "thread"]
    assert sorted(line["url"] for line in threads) == ["http://news.test/council", "http://news.test/other?page=2"]
    rejected = next(line for line in lines if line["kind"] == "comment" and line["state"] == "rejected")
    assert rejected["author"]["email"] == "eve@readers.test"
    assert [one["look"] for one in rejected["decisions"]] == ["first", "moderator"]
    assert rejected["decisions"][1]["reason"] == "insult"
    assert rejected["labels"][0]["verdict"] == "rejected"


def test_addresses_stay_at_home_unless_asked_for(lived: Wiring, elsewhere: Wiring, tmp_path: Path) -> None:
    for out in (hand_out, hand_out_wxr):
        assert "@readers.test" in write(lived, tmp_path / "with", out).read_text("utf-8")
        assert "@" not in write(lived, tmp_path / "without", out, emails=False).read_text("utf-8")
    read(elsewhere, write(lived, tmp_path / "without.jsonl", emails=False))
    with elsewhere.database.read() as conn:
        # Eve, who wrote two, is one person all the same.
        assert sorted(conn.execute(select(authors.c.posted)).scalars()) == [1, 1, 2]
    recount(elsewhere)


def test_brought_back_to_where_it_was_made_it_adds_nothing(lived: Wiring, tmp_path: Path) -> None:
    files_ = {"moderato": write(lived, tmp_path / "a.jsonl"), "wxr": write(lived, tmp_path / "a.xml", hand_out_wxr)}
    before = everything(lived)
    for format, path in files_.items():
        report = read(lived, path, format)
        assert (report.taken, report.already) == (0, 4 if format == "moderato" else 3)
    assert everything(lived) == before


def test_to_another_site_of_the_same_installation_ids_are_new(lived: Wiring, tmp_path: Path) -> None:
    sites.add_site(lived.database, key="copy", name="Copy", origins=["http://news.test"], now=lived.clock.now_us())
    lived.sites.forget()
    copy = lived.sites.by_key("copy")
    first = write(lived, tmp_path / "first.jsonl")
    for expected in (4, 0):
        assert read(lived, first, site=copy).taken == expected
    assert everything(lived)["comments"] == 8
    assert len(write(lived, tmp_path / "second.jsonl", key="copy").read_text("utf-8").splitlines()) == 7
    recount(lived)


def test_a_wxr_export_read_again_has_the_same_words(lived: Wiring, elsewhere: Wiring, tmp_path: Path) -> None:
    path = write(lived, tmp_path / "out.xml", hand_out_wxr)
    report = read(elsewhere, path, "wxr")
    was, now = here(lived), here(elsewhere)
    assert report.taken == 3  # as WordPress does, spam stays out
    assert set(now) == {text for text, row in was.items() if row.state != State.SPAM}
    for text, row in now.items():
        old = was[text]
        assert (row.name, row.website, row.url, row.state, row.depth) == (
            old.name, old.website, old.url, old.state, old.depth
        )  # fmt: skip
        assert row.created_at == old.created_at // 1_000_000 * 1_000_000
    assert read(elsewhere, path, "wxr").already == 3


def test_the_log_tells_of_an_import_and_of_no_text(lived: Wiring, elsewhere: Wiring, tmp_path: Path) -> None:
    read(elsewhere, write(lived, tmp_path / "a.jsonl"))
    with elsewhere.database.read() as conn:
        said = conn.execute(select(audit_events.c.details).where(audit_events.c.action == "site.import")).scalar_one()
        assert conn.execute(select(func.count()).select_from(imported)).scalar_one() == 4
    assert json.loads(said) == {"format": "moderato", "comments": 4}


def _broken(path: Path, **change: Any) -> Path:
    header, *lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for line in lines:
        if line["kind"] == "comment":
            line.update(change)
    path.write_text("\n".join(json.dumps(line) for line in [header, *lines]), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "change",
    [
        {"state": "sunny"}, {"revisions": []}, {"decisions": [{"id": 1}]}, {"author": None}, {"created_at": "monday"},
        {"audit_drawn": 7}, {"labels": [{"verdict": "pending"}]}, {"id": "../etc"}, {"version": True}, {"band": []},
    ],
)  # fmt: skip
def test_a_line_that_export_did_not_write_is_left_out(lived: Wiring, tmp_path: Path, change: dict[str, Any]) -> None:
    report = read(lived, _broken(write(lived, tmp_path / "a.jsonl"), **change))
    assert (report.taken, report.left) == (0, {"the line is not one that export wrote": 4})
    assert report.examples["the line is not one that export wrote"][0].startswith("line ")


@pytest.mark.parametrize(
    ("first", "told"),
    [("{}", "not the header"), ("[1", "not the header"), ('{"format":"moderato-export","version":9}', "version 9")],
)
def test_a_header_that_is_not_known_is_told(tmp_path: Path, first: str, told: str) -> None:
    (tmp_path / "a").write_text(first)
    with pytest.raises(Refusal, match=told):
        list(moderato.read(Source(tmp_path / "a", "", lambda _: None)))


def test_hostile_words_survive_the_way_through_wxr(wiring: Wiring, elsewhere: Wiring, tmp_path: Path) -> None:
    words = [
        "]]>", "<script>alert(1)</script>", "&amp;lt;", "a\n\n\n\nb", "]]]]><![CDATA[>", "&nbsp;&#0;", "<!-- no -->",
        "<p>x",
    ]  # fmt: skip
    for number, text in enumerate(words):
        moderating.comment(wiring, f"{number}: {text} end", name=f"R{number} <b>&amp;")
    read(elsewhere, write(wiring, tmp_path / "a.xml", hand_out_wxr), "wxr")
    assert set(here(elsewhere)) == set(here(wiring))
    assert {row.name for row in here(elsewhere).values()} == {row.name for row in here(wiring).values()}


def test_files_of_others_are_not_taken_for_ours(tmp_path: Path) -> None:
    with pytest.raises(Refusal):
        list(moderato.read(Source(files.remark42(tmp_path / "a"), "", lambda _: None)))
