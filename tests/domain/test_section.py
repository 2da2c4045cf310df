"""A page's section: what it says of itself, or the first part of its address."""

import pytest

from moderation.domain.section import LONGEST, section_of


@pytest.mark.parametrize(("url", "said", "section"), [
    ("https://news.test/sport/2026/11/derby", "", "sport"),
    ("https://news.test/Sport/derby", "", "sport"),
    ("https://news.test/lokales/b%C3%BCrgerhaus", "", "lokales"),
    ("https://news.test/%C3%9Cberregional/a", "", "überregional"),
    ("https://news.test/a-vote-on-the-depot", "", ""),
    ("https://news.test/", "", ""),
    ("https://news.test", "", ""),
    ("https://news.test//city//vote/", "", "city"),
    ("https://news.test/sport/derby", "  The   Weekend ", "the weekend"),
    ("http://[broken", "", ""),
    ("https://news.test/a%00b/c", "", "ab"),
    ("https://news.test/" + "x" * 200 + "/c", "", "x" * LONGEST),
])  # fmt: skip
def test_the_section_of_a_page(url: str, said: str, section: str) -> None:
    assert section_of(url, said) == section
