"""See a comment the way its readers do: two folded views of a text, each with a map back to the original.

plain     lower case, compatibility forms and look-alikes folded, marks and invisible characters dropped,
          punctuation blanked. Letters, digits, emoji and masking stars stay.
unmasked  the same with disguises undone: l33t, s p a c e d, st.opped and stretched words.

Every step is a mask or a table look-up over one array of code points, so the time is linear in the
length of the text whatever it holds. Unicode's own NFKC is quadratic on runs of combining marks; folding
code point by code point never meets such a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.folding import DIGIT, EXPANSION_BASE, LETTER, PUNCTUATION, QUOTE, STAR, SYMBOL, Tables, tables

MAX_CODE_POINTS = 10_000
MAX_GROWTH = 4
MAX_PASSES = 12
SPACE = 32

Codes = NDArray[np.uint32]
Ints = NDArray[np.int32]


@dataclass(frozen=True)
class View:
    """Folded texts laid end to end, each framed by spaces.

    codes (m,) code points; origin (m,) the position in its own original text, -1 in a frame;
    doc (m,) the index of the text; bounds (n + 1,) where each text starts.
    """

    codes: Codes
    origin: Ints
    doc: Ints
    bounds: NDArray[np.int64]

    def text(self, index: int = 0) -> str:
        part = self.codes[self.bounds[index] : self.bounds[index + 1]]
        return part.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass").strip(" ")

    def only(self, index: int) -> View:
        """The view of one text alone."""
        part = slice(int(self.bounds[index]), int(self.bounds[index + 1]))
        codes = self.codes[part]
        doc, bounds = np.zeros(len(codes), dtype=np.int32), np.array([0, len(codes)], dtype=np.int64)
        return View(codes, self.origin[part], doc, bounds)


@dataclass(frozen=True)
class Normalised:
    """text, and for each of its characters the index of the original character it came from."""

    text: str
    offsets: tuple[int, ...]


@dataclass
class _Strip:
    codes: Codes
    origin: Ints
    doc: Ints

    def keep(self, mask: NDArray[np.bool_]) -> None:
        self.codes, self.origin, self.doc = self.codes[mask], self.origin[mask], self.doc[mask]


def raw_codes(texts: Sequence[str]) -> tuple[Codes, Ints, Ints]:
    """All texts in one array, each capped and framed by a space on both sides -> codes, origin, doc."""
    capped = [text if len(text) <= MAX_CODE_POINTS else text[:MAX_CODE_POINTS] for text in texts]
    joined = " " + "  ".join(capped) + " "
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint32, copy=False)
    if len(capped) == 1:
        origin = np.arange(-1, len(codes) - 1, dtype=np.int32)
        origin[-1] = -1
        return codes, origin, np.zeros(len(codes), dtype=np.int32)
    sizes = np.fromiter((len(text) + 2 for text in capped), dtype=np.int64, count=len(capped))
    doc = np.repeat(np.arange(len(capped), dtype=np.int32), sizes)
    starts = np.cumsum(sizes) - sizes
    origin = (np.arange(len(codes)) - starts[doc] - 1).astype(np.int32)
    origin[starts] = -1
    origin[starts + sizes - 1] = -1
    return codes, origin, doc


def plain_view(codes: Codes, origin: Ints, doc: Ints, count: int) -> View:
    table = tables()
    strip = _fold(table, codes, origin, doc)
    kind = table.kind_of(strip.codes)
    _blank(strip, kind, drop=_joining_quotes(kind))
    return _as_view(strip, count)


def looks_disguised(codes: Codes, doc: Ints, count: int) -> NDArray[np.bool_]:
    """(count,) whether undoing disguises could change a text: a cheap test that may say yes for nothing."""
    table = tables()
    kind = table.kind_of(codes)
    letter = kind == LETTER
    before, after = _before(letter, 1), _after(letter, 1)
    odd = ((kind == PUNCTUATION) & before & after) | (table.leet_of(codes) & (before | after))
    same = np.zeros(len(codes), dtype=bool)
    same[1:] = (codes[1:] == codes[:-1]) & letter[1:]
    odd[1:] |= same[1:] & same[:-1]
    alone = letter & ~before & ~after
    odd[2:] |= alone[2:] & alone[:-2]
    found = np.zeros(count, dtype=bool)
    found[doc[odd]] = True
    return found


def unmasked_view(codes: Codes, origin: Ints, doc: Ints, count: int) -> View:
    table = tables()
    strip = _fold(table, codes, origin, doc)
    kind = table.kind_of(strip.codes)
    letter = (kind == LETTER) | table.leet_of(strip.codes)
    inside = (kind == PUNCTUATION) & _before(letter, 1) & _after(letter, 1) & ~table.leet_of(strip.codes)
    strip.codes = _unleet(table, strip.codes, kind)
    kind = table.kind_of(strip.codes)
    _blank(strip, kind, drop=inside | _joining_quotes(kind))
    for _ in range(MAX_PASSES):
        size, codes_before = len(strip.codes), strip.codes
        _unstretch(table, strip)
        _join_spaced(table, strip)
        strip.codes = _unleet(table, strip.codes, table.kind_of(strip.codes))
        _unstretch(table, strip)
        if len(strip.codes) == size and (strip.codes is codes_before or np.array_equal(strip.codes, codes_before)):
            break
    return _as_view(strip, count)


def normalise(text: str) -> Normalised:
    """The unmasked view of one text. Idempotent; never longer than MAX_GROWTH times the text."""
    view = unmasked_view(*raw_codes([text]), 1)
    inner = slice(1, len(view.codes) - 1) if len(view.codes) > 1 else slice(0, 0)
    return Normalised(view.text(), tuple(int(at) for at in view.origin[inner]))


def _fold(table: Tables, codes: Codes, origin: Ints, doc: Ints) -> _Strip:
    folded = table.fold(codes)
    strip = _Strip(folded, origin, doc)
    longer = folded >= EXPANSION_BASE
    if longer.any():
        _expand(table, strip, longer)
    gone = strip.codes == 0
    if gone.any():
        strip.keep(~gone)
    return strip


def _expand(table: Tables, strip: _Strip, longer: NDArray[np.bool_]) -> None:
    which = np.where(longer, strip.codes - EXPANSION_BASE, 0)
    sizes = np.where(longer, table.expansion_sizes[which], 1)
    source = np.repeat(np.arange(len(sizes)), sizes)
    within = np.arange(len(source)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    widened = table.expansions[which[source], within]
    strip.codes = np.where(longer[source], widened, strip.codes[source]).astype(np.uint32)
    strip.origin, strip.doc = strip.origin[source], strip.doc[source]


def _before(mask: NDArray[np.bool_], by: int) -> NDArray[np.bool_]:
    shifted = np.zeros_like(mask)
    shifted[by:] = mask[:-by]
    return shifted


def _after(mask: NDArray[np.bool_], by: int) -> NDArray[np.bool_]:
    shifted = np.zeros_like(mask)
    shifted[:-by] = mask[by:]
    return shifted


def _joining_quotes(kind: NDArray[np.uint8]) -> NDArray[np.bool_]:
    quote = kind == QUOTE
    if not quote.any():
        return quote
    letter = kind == LETTER
    return quote & _before(letter, 1) & _after(letter, 1)


def _masking_stars(kind: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Stars that stand for letters: a run after a letter, two or more long or with a letter behind it."""
    star = kind == STAR
    if not star.any():
        return star
    letter = kind == LETTER
    last_other = np.maximum.accumulate(np.where(star, 0, np.arange(len(kind))))
    lone = star & ~_before(star, 1) & ~_after(star, 1)
    return star & letter[last_other] & ~(lone & ~_after(letter, 1))


def _blank(strip: _Strip, kind: NDArray[np.uint8], drop: NDArray[np.bool_]) -> None:
    """Drop what is marked, turn everything that is no word character into single spaces."""
    word = (kind == LETTER) | (kind == DIGIT) | (kind == SYMBOL) | _masking_stars(kind)
    strip.codes = np.where(word, strip.codes, np.uint32(SPACE))
    if drop.any():
        strip.keep(~drop)
    _collapse_spaces(strip)


def _collapse_spaces(strip: _Strip) -> None:
    space = strip.codes == SPACE
    again = np.zeros(len(space), dtype=bool)
    again[1:] = space[1:] & space[:-1] & (strip.doc[1:] == strip.doc[:-1])
    # A text of blanks alone keeps one space; a frame's space wins over the text's own, whichever comes first.
    if again.any():
        strip.keep(~again)


def _unleet(table: Tables, codes: Codes, kind: NDArray[np.uint8]) -> Codes:
    """Letters for the digits and signs that stand for them, in words that hold a letter."""
    leet = table.leet_of(codes)
    if not leet.any():
        return codes
    letter = kind == LETTER
    member = letter | leet
    starts = np.flatnonzero(member & ~_before(member, 1))
    if not len(starts):
        return codes
    holds_letter = np.zeros(len(codes), dtype=bool)
    word = np.cumsum(member & ~_before(member, 1)) - 1
    has = np.zeros(len(starts), dtype=bool)
    has[word[letter]] = True
    holds_letter[member] = has[word[member]]
    # A closing "!" is a shout, not an i: signs need a letter or sign behind them.
    inner = (kind == DIGIT) | _after(member, 1)
    change = leet & holds_letter & inner
    return np.where(change, table.unleet[np.minimum(codes, 127)], codes).astype(np.uint32)


def _unstretch(table: Tables, strip: _Strip) -> None:
    same = np.zeros(len(strip.codes), dtype=bool)
    same[1:] = strip.codes[1:] == strip.codes[:-1]
    if not (same[1:] & same[:-1]).any():
        return
    same &= table.kind_of(strip.codes) == LETTER
    drop = same & (_before(same, 1) | _after(same, 1))
    if drop.any():
        strip.keep(~drop)


def _join_spaced(table: Tables, strip: _Strip) -> None:
    """Join three or more single letters in a row: "f o o l" -> "fool"."""
    space = strip.codes == SPACE
    member = (table.kind_of(strip.codes) == LETTER) | table.leet_of(strip.codes)
    single = member & _before(space, 1) & _after(space, 1)
    gap = space & _before(single, 1) & _after(single, 1)
    join = gap & (_before(gap, 2) | _after(gap, 2))
    if join.any():
        strip.keep(~join)


def _as_view(strip: _Strip, count: int) -> View:
    if count == 1:
        bounds = np.array([0, len(strip.codes)], dtype=np.int64)
    else:
        bounds = np.searchsorted(strip.doc, np.arange(count + 1)).astype(np.int64)
    return View(strip.codes, strip.origin, strip.doc, bounds)
