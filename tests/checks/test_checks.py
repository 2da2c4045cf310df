"""One clue at a time: what each check says, with which evidence, and that a broken one only holds."""

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation import checks
from moderation.checks import author_history, form_trap, links, repeats, speed, word_lists
from moderation.checks.context import Author, Context, Form
from moderation.domain.finding import Code, Finding, Missing
from moderation.domain.policy import policy_from

DEFAULTS = tomllib.loads((Path(__file__).parents[2] / "config" / "site_policy.toml").read_text(encoding="utf-8"))
POLICY = policy_from(DEFAULTS, version=1)


def context(text: str = "A sensible remark.", **values: object) -> Context:
    blank = Context("Ann", "", text, POLICY, Missing("none"), None)
    return replace(blank, **values)  # type: ignore[arg-type]


def codes(found: Iterator[Finding]) -> list[Code]:
    return [finding.code for finding in found]


def test_links_are_counted_and_pointed_at() -> None:
    found = list(links.check(context("See https://a.example/x and www.b.example, please.")))
    assert found[0].code is Code.LINKS
    assert found[0].evidence["count"] == 2
    assert found[0].evidence["spans"][0] == (4, 23)


def test_many_links_are_held_and_a_flood_of_them_is_spam() -> None:
    assert codes(links.check(context("http://x.example " * 3))) == [Code.MANY_LINKS]
    assert codes(links.check(context("http://x.example " * 10))) == [Code.LINK_FLOOD]


def test_a_blocked_host_counts_with_its_subdomains_and_in_the_website_field() -> None:
    policy = replace(POLICY, blocked_hosts=("bad.example",))
    assert Code.BLOCKED_LINK in codes(links.check(context("at http://www.bad.example/buy", policy=policy)))
    assert codes(links.check(context(website="https://bad.example", policy=policy))) == [Code.BLOCKED_LINK]
    assert codes(links.check(context("http://notbad.example", policy=policy))) == [Code.LINKS]


@pytest.mark.parametrize(
    ("word", "text", "found"),
    [
        ("ass", "What a classic.", False),
        ("ass", "You ASS!", True),
        ("дурак", "Сам Дурак.", True),
        ("дурак", "дурака", False),
        ("größe", "Die GRÖSSE zählt", False),
        ("c++", "I write c++ all day", True),
    ],
)
def test_words_are_whole_words_in_any_script(word: str, text: str, found: bool) -> None:
    policy = replace(POLICY, reviewed_words=(word,))
    assert bool(list(word_lists.check(context(text, policy=policy)))) is found


def test_a_listed_word_in_the_name_counts() -> None:
    policy = replace(POLICY, rejected_words=("badword",))
    found = list(word_lists.check(context(name="Mr Badword", policy=policy)))
    assert [(each.code, each.evidence["field"]) for each in found] == [(Code.REJECTED_WORD, "name")]


def test_the_same_long_text_is_a_repeat_and_a_short_one_is_not() -> None:
    long_text = "This very sentence is long enough to be nobody's accident."
    assert codes(repeats.check(context(long_text, same_text_today=2))) == [Code.REPEATED_TEXT]
    assert not codes(repeats.check(context(long_text, same_text_today=1)))
    assert not codes(repeats.check(context("I agree", same_text_today=50)))


def test_writing_fast_is_found_at_the_next_comment_over_the_bound() -> None:
    most = POLICY.comments_per_ten_minutes
    assert not codes(speed.check(context(author=Author(burst=most - 1))))
    assert codes(speed.check(context(author=Author(burst=most)))) == [Code.POSTING_FAST]


def test_history_speaks_for_and_against_an_author() -> None:
    assert codes(author_history.check(context(author=Author()))) == [Code.FIRST_COMMENT]
    often = Author(posted=6, approved=1, rejected=4)
    assert codes(author_history.check(context(author=often))) == [Code.OFTEN_REJECTED]
    trusted = Author(standing="trusted", posted=9, spam=9)
    assert codes(author_history.check(context(author=trusted))) == [Code.TRUSTED]


def test_the_form_tells_a_machine_from_a_person() -> None:
    assert codes(form_trap.check(context(form=Form(trap_filled=True)))) == [Code.HONEYPOT]
    assert codes(form_trap.check(context(form=Form(token="ok", age_s=0.3)))) == [Code.TOO_FAST]
    assert codes(form_trap.check(context(form=Form(token="missing")))) == [Code.NO_FORM_TOKEN]
    assert not codes(form_trap.check(context(form=Form(token="ok", age_s=9.0))))


def test_a_check_that_raises_becomes_a_finding_that_holds() -> None:
    def broken(_context: Context) -> Iterator[Finding]:
        yield Finding(Code.LINKS)
        raise ZeroDivisionError

    found = checks.run([broken, form_trap.check], context(form=Form(trap_filled=True)))
    assert [each.code for each in found] == [Code.CHECK_FAILED, Code.HONEYPOT]
    assert POLICY.calls_for[Code.CHECK_FAILED] == "review"


@given(st.text(st.characters(codec=None), max_size=400))
def test_no_text_breaks_a_check(text: str) -> None:
    policy = replace(POLICY, reviewed_words=("ass", "дурак"), blocked_hosts=("bad.example",))
    found = checks.run(checks.FIRST_LOOK, context(text, policy=policy))
    assert Code.CHECK_FAILED not in {each.code for each in found}
