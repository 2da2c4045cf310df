"""Masked, misspelt and joined words are read as what they stand for; ordinary words are left alone."""

from __future__ import annotations

import random
import time
from collections import Counter

import numpy as np
import pytest

from models.classifier import Classifier
from models.obfuscation import KINDS, obfuscate
from models.readable import readable
from models.reading import read
from models.repair import MAX_CUT, cut, mended, repaired, repairs
from models.text import View, plain_view, raw_codes
from models.windows import LONG, stretches
from models.words import words_of


def _mended(text: str) -> View | None:
    view = plain_view(*raw_codes([text]), 1)
    words = words_of(view)
    found = repairs(view, words)
    return mended(view, words, found) if found else None


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("f**k", "fuck"), ("sh*t", "shit"), ("idoit", "idiot"), ("stuppid", "stupid"), ("morron", "moron"),
        ("bicth", "bitch"), ("fol", "fool"), ("gokillyourselfyoustupidmoron", "go kill yourself you stupid moron"),
        ("fck", "fuck"), ("sht", "shit"), ("afag", "a fag"), ("afucki", "a fuck i"), ("cuntfuck", "cunt fuck"),
        ("itwas*afuckingjoke*", "it was * a fucking joke *"), ("thankselysiumyouidiot", "thanks elys i um you idiot"),
        ("whatthefuckj2areyoudoing", "what the fuck j 2 are you doing"),
        ("youaref**kingstupid", "you are fucking stupid"),
        ("whatacompleteidoit", "what a complete idiot"), ("whatapahtetictroll", "what a pathetic troll"),
        ("fucckyouandgoaway", "fuck you and go away"), ("whatacutnyouare", "what a cunt you are"),
        ("suckmydcknow", "suck my dick now"), ("joeyoutofgas", "joey out of gas"),
        ("crpfsoldiers", "crpf soldiers"), ("ashtabulacounty", "ash tab ul a county"),
        ("dmb", "dumb"),
        ("****", None), ("j2", None), ("assi", None), ("zyxwvut", None), ("abc", None), ("überall", None),
    ],
)  # fmt: skip
def test_a_word_is_repaired_to_what_it_stands_for(word: str, meant: str | None) -> None:
    assert repaired(word) == meant


@pytest.mark.parametrize("text", ["The shirts of Nigel Dickinson", "a class assessment in Scunthorpe", "Thank you."])
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert _mended(text) is None


def test_each_new_letter_has_a_place_in_the_old_word() -> None:
    text = "well youareanidiot and a st*pid fol"
    view = _mended(text)
    assert view is not None
    assert view.text() == "well you are an idiot and a stupid fool"
    words = words_of(view)
    found = [
        text[view.origin[start] : view.origin[end - 1] + 1]
        for start, end in zip(words.start.tolist(), words.end.tolist(), strict=True)
    ]
    assert found[1:5] == ["you", "are", "an", "idiot"]
    assert found[-2:] == ["st*pid", "fol"]


def test_cutting_takes_linear_time() -> None:
    began = time.process_time()
    cut("abcdefghijklmnopqrstuvwxyz" * 1_000)
    assert time.process_time() - began < 0.25
    assert MAX_CUT <= 2_000


def test_abuse_in_a_long_harmless_text_is_still_heard(shipped: Classifier) -> None:
    padding = "The council meets on Tuesday at seven in the library and the soup was warm. " * 12
    alone, padded, harmless = shipped.score(
        ["You are a stupid fucking idiot.", f"{padding} You are a stupid fucking idiot. {padding}", padding]
    )
    assert padded.p_reject > alone.p_reject / 2 > harmless.p_reject
    marked = shipped.explain(f"{padding} You are a stupid fucking idiot. {padding}")
    assert any(len(padding) < span.start < len(padding) + 40 for span in marked)


def test_every_word_of_a_long_text_is_in_one_stretch(shipped: Classifier) -> None:
    text = " ".join(f"word{number} and" for number in range(LONG * 3))
    view = plain_view(*raw_codes([text, "short", text]), 3)
    words = words_of(view)
    found = stretches(words, len(view.codes), np.ones(3, dtype=bool))
    assert found is not None
    assert found.parent.tolist() == sorted(found.parent.tolist()) and set(found.parent.tolist()) == {0, 2}
    first = np.where(words.doc == 1, -1, found.stretch[words.start])
    assert found.stretch[words.start].tolist() == first.tolist()
    assert all(first[at] in (first[at - 1], first[at - 1] + 1) for at in range(1, LONG * 6))
    assert min(Counter(first[words.doc == 0].tolist()).values()) >= 5


def test_a_stretch_is_read_as_its_words_are_by_themselves(shipped: Classifier) -> None:
    names = "one two three four five six seven eight nine ten eleven twelve"
    text = " ".join(f"the gay idiot of number {name} and his dogs" for name in names.split())
    reading = read(shipped, ["short", text])
    cut, ngrams = reading.rows.cut, reading.rows.ngrams
    assert cut is not None and reading.rows.views == 2
    mine = cut.stretch[ngrams.words.start][ngrams.words.doc == 1].tolist()
    for number in range(len(cut.parent)):
        alone = " ".join(word for word, stretch in zip(text.split(), mine, strict=True) if stretch == number)
        by_itself = read(shipped, [alone])
        assert len(by_itself.row_logits) == 1
        heard = reading.row_logits[2 + number] - reading.constants[2 + number]
        assert heard == pytest.approx(by_itself.row_logits[0] - by_itself.constants[0], abs=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_an_insult_is_heard_under_every_disguise(shipped: Classifier, kind: str) -> None:
    plain = "You are a stupid idiot and a fucking moron."
    before, after = shipped.score([plain, obfuscate(plain, kind, random.Random(1))])
    assert before.p_reject > 0.5
    assert after.p_reject > 0.5


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("F**k off, b*tch, a**hole, f***!", "fuck off bitch asshole fuck"),
        ("you are an idiott and a morron", "you are an idiot and a moron"),
        ("gokillyourselfyoustupidmoron", "go kill yourself you stupid moron"),
        ("y0u m0ron", "you moron"),
        ("an \u0456d\u0456ot in \u0421\u043e\u0447\u0438", "an idiot in \u0441\u043e\u0447\u0438"),
        ("A* search, *a* *really* important 2*3*x", "a search a really important 2 3 x"),
        ("Das Donaudampfschiffkapitänspatent", "das donaudampfschiffkapitänspatent"),
        ("Vous êtes tous des imbéciles", "vous êtes tous des imbéciles"),
        ("You'reacompleteidiot.", "youre a complete idiot"),
        ("Whatafoolyouare.Goaway,stupid.", "what a fool you are go away stupid"),
        (
            "Qzvo, xkyo, trmb, wyqz, bnqx: youpostedthatonmypagebecauseyouareafool",
            "qzvo xkyo trmb wyqz bnqx you posted that on my page because you are a fool",
        ),
        ("Nick's and Bob's house", "nick's and bob's house"),
        ("it was a commemorative dispensation", "it was a commemorative dispensation"),
        ("Die Kontrolldatei wurde von der Verwaltung entfernt", "die kontrolldatei wurde von der verwaltung entfernt"),
        ("what an \u0430\u0455\u0455", "what an ass"),
        ("the \u0441\u043e\u0441\u043a and the \u043c\u0438\u0440", "the cock and the \u043c\u0438\u0440"),
        ("\u0442\u043e\u0442 \u0441\u043e\u0441\u043a ok", "\u0442\u043e\u0442 \u0441\u043e\u0441\u043a ok"),
        ("kiss my @$$, a$$, 1d10t$", "kiss my ass ass idiots"),
        ("it costs 45$, US$ 5 or A$ 6", "it costs 45 us 5 or a 6"),
        ("what an f a g and a h o e", "what an fag and a hoe"),
        ("you idiot love love love love love", "you idiot love love"),
        ("No, no! NO. The \U0001f412 \U0001f412 \U0001f412", "no no the \U0001f412 \U0001f412 \U0001f412"),
        ("fukcoffyoumurderingscum", "fuck off you murdering scum"),
        ("Der Verkehrsminister sieht dick aus", "der verkehrsminister sieht dick aus"),
    ],
)
def test_an_encoder_reads_repaired_english_and_leaves_other_languages_alone(text: str, read_as: str) -> None:
    assert readable(text) == read_as


def test_reading_takes_no_longer_where_every_word_hides_something() -> None:
    plain, hiding = "walter went home " * 90, "f*" * 750
    times = []
    for text in (plain, hiding, "a*b* " * 300, "kjhqwe " * 210, "x" * 1_500):
        repaired.cache_clear()
        started = time.process_time()
        readable(text)
        times.append(time.process_time() - started)
    assert max(times) < 0.3
