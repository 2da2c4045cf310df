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

from models.folding import (
    DIGIT,
    EXPANSION_BASE,
    KINDS,
    LEET_ROLE,
    LETTER,
    LETTER_ROLE,
    PUNCTUATION,
    PUNCTUATION_ROLE,
    QUOTE,
    STAR,
    SYMBOL,
    Mask,
    Tables,
    tables,
)
from models.leet import DOLLAR, signs_alone, unleeted
from models.masks import after, before

MAX_CODE_POINTS = 10_000
MAX_GROWTH = 4
MOST_EXPANDED = 2_000
MAX_PASSES = 12
SPACE = 32
MIN_SPACED = 3  # single letters in a row that are a word in disguise

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


def joined(one: View, other: View) -> View:
    """The texts of one view, followed by those of the other."""
    return View(
        np.concatenate((one.codes, other.codes)),
        np.concatenate((one.origin, other.origin)),
        np.concatenate((one.doc, other.doc + np.int32(len(one.bounds) - 1))),
        np.concatenate((one.bounds, other.bounds[1:] + one.bounds[-1])),
    )


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
        at = np.flatnonzero(mask)
        self.codes, self.origin, self.doc = self.codes.take(at), self.origin.take(at), self.doc.take(at)


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
    _blank(strip, kind, count, drop=_joining_quotes(kind))
    return _as_view(strip, count)


def looks_disguised(codes: Codes, doc: Ints, count: int) -> NDArray[np.bool_]:
    """(count,) whether undoing disguises could change a text: a cheap test that may say yes for nothing."""
    table = tables()
    role = table.role.take(codes, mode="clip")
    letter = role & 1
    # How many of its two neighbours are letters tells with its role whether a character is odd, or a letter alone.
    found = _ODD.take(role[1:-1] * np.uint8(3) + (letter[:-2] + letter[2:]))
    odd, alone = found == _IS_ODD, found == _IS_ALONE
    odd[1:-1] |= alone[2:] & alone[:-2]
    same = codes[1:] == codes[:-1]
    odd |= same[1:] & same[:-1] & (letter[1:-1] == 1)
    disguised = np.zeros(count, dtype=bool)
    disguised[doc[1:-1][odd]] = True
    if np.count_nonzero(codes == DOLLAR):
        disguised[doc[signs_alone(table, codes)]] = True
    return disguised


def unmasked_view(codes: Codes, origin: Ints, doc: Ints, count: int) -> View:
    table = tables()
    strip = _fold(table, codes, origin, doc)
    kind = table.kind_of(strip.codes)
    inside = _inside_words(kind, table.leet_of(strip.codes))
    plain = unleeted(table, strip.codes, kind)
    if plain is not strip.codes:
        strip.codes, kind = plain, table.kind_of(plain)
    _blank(strip, kind, count, drop=inside | _joining_quotes(kind))
    for _ in range(MAX_PASSES):
        earlier = strip.codes
        _unstretch(table, strip)
        _join_spaced(table, strip)
        strip.codes = unleeted(table, strip.codes, table.kind_of(strip.codes))
        _unstretch(table, strip)
        if strip.codes is earlier:
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
    if np.count_nonzero(longer):
        _expand(table, strip, longer)
    if np.count_nonzero(strip.codes) < len(strip.codes):
        strip.keep(strip.codes != 0)
    return strip


def _expand(table: Tables, strip: _Strip, longer: Mask) -> None:
    which = np.flatnonzero(longer)
    if len(which) > MOST_EXPANDED:
        # No text has so many ligatures: the rest of them are blanks.
        first = np.searchsorted(strip.doc[which], strip.doc[which])
        beyond = which[np.arange(len(which)) - first >= MOST_EXPANDED]
        strip.codes = strip.codes.copy()
        strip.codes[beyond], longer[beyond] = SPACE, False
    which = np.where(longer, strip.codes - EXPANSION_BASE, 0)
    sizes = np.where(longer, table.expansion_sizes[which], 1)
    source = np.repeat(np.arange(len(sizes)), sizes)
    within = np.arange(len(source)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    widened = table.expansions[which[source], within]
    strip.codes = np.where(longer[source], widened, strip.codes[source]).astype(np.uint32)
    strip.origin, strip.doc = strip.origin[source], strip.doc[source]


def _odd_by_role() -> NDArray[np.uint8]:
    """By role * 3 + number of letters beside it."""
    found = np.zeros(8 * 3, dtype=np.uint8)
    found[PUNCTUATION_ROLE * 3 + 2] = _IS_ODD
    for role in (LEET_ROLE, LEET_ROLE | PUNCTUATION_ROLE):
        found[role * 3 + 1 : role * 3 + 3] = _IS_ODD
    found[LETTER_ROLE * 3] = _IS_ALONE
    return found


_IS_ODD, _IS_ALONE = 1, 2
_ODD = _odd_by_role()
_SPACE = np.uint32(SPACE)
_IN_WORDS = np.isin(np.arange(KINDS), (LETTER, DIGIT, SYMBOL))


def _holds(kind: NDArray[np.uint8], which: int) -> bool:
    return which in kind.tobytes()


def _joining_quotes(kind: NDArray[np.uint8]) -> Mask:
    quote = kind == QUOTE
    if not np.count_nonzero(quote):
        return quote
    letter = kind == LETTER
    return quote & before(letter, 1) & after(letter, 1)


def _inside_words(kind: NDArray[np.uint8], leet: Mask) -> Mask:
    """Punctuation between letters or what stands for them."""
    mark = (kind == PUNCTUATION) & ~leet
    if not np.count_nonzero(mark):
        return mark
    letter = (kind == LETTER) | leet
    return mark & before(letter, 1) & after(letter, 1)


def _masking_stars(kind: NDArray[np.uint8]) -> Mask:
    """Stars that stand for letters: a run after a letter, two or more long or with a letter behind it."""
    star = kind == STAR
    letter = kind == LETTER
    last_other = np.maximum.accumulate(np.where(star, 0, np.arange(len(kind))))
    lone = star & ~before(star, 1) & ~after(star, 1)
    return star & letter[last_other] & ~(lone & ~after(letter, 1))


def _blank(strip: _Strip, kind: NDArray[np.uint8], count: int, drop: Mask) -> None:
    """Drop what is marked, turn everything that is no word character into single spaces."""
    word = _IN_WORDS.take(kind)
    if _holds(kind, STAR):
        word |= _masking_stars(kind)
    strip.codes = np.where(word, strip.codes, _SPACE)
    if np.count_nonzero(drop):
        strip.keep(~drop)
    space = strip.codes == _SPACE
    again = space[1:] & space[:-1]
    if count > 1:
        # A text of blanks alone keeps one: a frame's blank wins over the text's own, whichever comes first.
        again &= strip.doc[1:] == strip.doc[:-1]
    if np.count_nonzero(again):
        keep = np.empty(len(space), dtype=bool)
        keep[0] = True
        np.logical_not(again, out=keep[1:])
        strip.keep(keep)


def _unstretch(table: Tables, strip: _Strip) -> None:
    same = strip.codes[1:] == strip.codes[:-1]
    if not np.count_nonzero(same[1:] & same[:-1]):
        return
    same = np.append(False, same)
    same &= table.kind_of(strip.codes) == LETTER
    drop = same & (before(same, 1) | after(same, 1))
    if np.count_nonzero(drop):
        strip.keep(~drop)


def _join_spaced(table: Tables, strip: _Strip) -> None:
    """Join three or more single letters in a row: "f o o l" -> "fool"."""
    space = strip.codes == _SPACE
    if np.count_nonzero(space[2:] & space[:-2]) < MIN_SPACED:
        return
    member = (table.kind_of(strip.codes) == LETTER) | table.leet_of(strip.codes)
    single = member & before(space, 1) & after(space, 1)
    gap = space & before(single, 1) & after(single, 1)
    join = gap & (before(gap, 2) | after(gap, 2))
    if np.count_nonzero(join):
        strip.keep(~join)


def _as_view(strip: _Strip, count: int) -> View:
    if count == 1:
        bounds = np.array([0, len(strip.codes)], dtype=np.int64)
    else:
        bounds = np.searchsorted(strip.doc, np.arange(count + 1)).astype(np.int64)
    return View(strip.codes, strip.origin, strip.doc, bounds)
