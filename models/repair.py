"""Repair disguised words: masked (f**k), misspelt (idoit, stuppid) and run together (youareanidiot, youf**king1diot).

Only words that are not common are looked at, so ordinary text costs one look-up a word. A masked or misspelt word is
repaired when one strong word is what it can be; a long unknown word is cut where it falls into common words, and strong
ones also where they are masked or misspelt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from models.text import SPACE, View
from models.vocabulary import SHORT, SHORTEST_TYPO, known, shortened
from models.words import Words

LONGEST_COMMON = 18
SHORTEST_JOINED = 12
MAX_LOOKED_AT = 200
MAX_CUT = 1_200
UNKNOWN_LETTER = 9.0
MOST_MASKS = 20
GLUED_BEFORE, GLUED_AFTER = ("", "a", "i", "u", "sa"), ("", "a", "i", "u")
_WORD = re.compile(r"[a-z0-9*]*[a-z][a-z0-9*]*")
_LETTERS = re.compile(r"([a-z]+)")
_STARS = re.compile(r"(?<=[a-z])\*+")
_MASKED = re.compile(r"(?<![a-z0-9*])[a-z](?=[a-z0-9]*\*)[a-z0-9*]{2,}", re.ASCII | re.IGNORECASE)


def uncommon(words: Words) -> NDArray[np.bool_]:
    """(m,) which words are not common ones and long enough to hide something."""
    table = known()
    found = ~table.likely[words.hashed >> np.uint64(46)]
    maybe = np.flatnonzero(~found)
    at = np.minimum(np.searchsorted(table.hashes, words.hashed[maybe]), len(table.hashes) - 1)
    found[maybe] = table.hashes[at] != words.hashed[maybe]
    return np.asarray(found & (words.end - words.start >= 3))


def repairs(view: View, words: Words) -> dict[int, str]:
    """Index of a word -> what it is repaired to (with spaces where it is cut)."""
    which = np.flatnonzero(uncommon(words))
    if not len(which):
        return {}
    found = {}
    per_text = [0] * (len(view.bounds) - 1)
    starts, ends, docs = words.start[which].tolist(), words.end[which].tolist(), words.doc[which].tolist()
    text = view.codes.astype("<u4", copy=False).tobytes().decode("utf-32-le", "replace")
    for index, start, end, doc in zip(which.tolist(), starts, ends, docs, strict=True):
        per_text[doc] += 1
        if per_text[doc] > MAX_LOOKED_AT:
            continue
        better = repaired(text[start : min(end, start + MAX_CUT)])
        if better is not None:
            found[index] = better
    return found


@lru_cache(maxsize=20_000)
def repaired(word: str) -> str | None:
    """What a word that is not common stands for, or None."""
    if _WORD.fullmatch(word):
        if "*" in word and (meant := _unmasked(word)):
            return meant
        if 3 <= len(word) <= LONGEST_COMMON and word.isalpha() and (meant := _meant(word) or _unglued(word)):
            return meant
    if len(word) >= SHORTEST_JOINED:
        pieces = " ".join(cut(part) for part in _LETTERS.split(_unmasked_inside(word[:MAX_CUT])) if part)
        return pieces if pieces != word else None
    return None


def _unmasked_inside(word: str) -> str:
    """With the strong words in it spelt out whose letters stand on both sides of stars."""
    return _STARS.sub(_beneath, word, count=MOST_MASKS)


def _beneath(stars: re.Match[str]) -> str:
    word, masked = stars.string, known().masked
    size, best = stars.end() - stars.start(), ""
    shown = 0
    for letters in range(1, LONGEST_COMMON):
        before = word[max(0, stars.start() - letters) : stars.start()]
        for behind, beneath in masked.get((before, size), ()):
            if letters + len(behind) > shown and word.startswith(behind, stars.end()):
                best, shown = beneath, letters + len(behind)
    return best or stars[0]


def _unglued(word: str) -> str | None:
    """A strong word with a short one stuck to it, as joining spaced letters leaves it (a f o o l), or two of them."""
    strong = known().strong
    for before, after in product(GLUED_BEFORE, GLUED_AFTER):
        inner = word[len(before) : len(word) - len(after)]
        long_enough = len(inner) > 3 or (len(inner) == 3 and before == "a" and not after)
        if long_enough and inner in strong and word == before + inner + after:
            return " ".join(part for part in (before, inner, after) if part)
    cuts = range(3, len(word) - 2)
    return next((f"{word[:at]} {word[at:]}" for at in cuts if word[:at] in strong and word[at:] in strong), None)


def _unmasked(word: str) -> str | None:
    pattern = re.compile(re.sub(r"\*+", lambda run: f"[a-z]{{1,{len(run[0]) + 1}}}", word))
    if sum(char != "*" for char in word) < 1:
        return None
    fitting = [strong for strong in known().strong if pattern.fullmatch(strong)]
    same = [strong for strong in fitting if len(strong) == len(word)]
    chosen = sorted(same or fitting, key=lambda strong: (known().cost[strong], strong))
    return chosen[0] if chosen else None


def _meant(word: str) -> str | None:
    """The strong word that is one edit away: a letter more, less, other, or two neighbours swapped."""
    table = known()
    if word in SHORT:
        return SHORT[word]
    near = {strong for form in (word, *shortened(word)) for strong in table.nearly.get(form, ())}
    fitting = [strong for strong in near if _one_edit(word, strong)]
    return min(fitting, key=lambda strong: (table.cost[strong], strong)) if fitting else None


def _one_edit(word: str, other: str) -> bool:
    """Of words that share a form with one letter left out. Short words must be nearer: of three letters only a doubled
    one may be missing, of four the first and last must stand."""
    if len(word) < SHORTEST_TYPO:
        return any(other[at] == other[at + 1] and other[:at] + other[at + 1 :] == word for at in range(len(other) - 1))
    if len(word) != len(other):
        return True
    differing = [at for at in range(len(word)) if word[at] != other[at]]
    if len(differing) == 1:
        return len(word) > SHORTEST_TYPO or differing[0] in (1, 2)
    first, *rest = differing or [0]
    return len(rest) == 1 and rest[0] == first + 1 and word[first] == other[rest[0]] and word[rest[0]] == other[first]


def cut(word: str) -> str:
    """The cheapest cut into common words; the word itself when too little of it is common. Time: letters * 18."""
    word, cost, slips = word[:MAX_CUT], known().pieces, known().slips
    best, back = [0.0], [0]
    for end in range(1, len(word) + 1):
        lowest, cut_at = best[end - 1] + UNKNOWN_LETTER, end - 1
        for start in range(max(0, end - LONGEST_COMMON), end):
            price = cost.get(word[start:end])
            if price is not None and best[start] + price < lowest:
                lowest, cut_at = best[start] + price, start
        best.append(lowest)
        back.append(cut_at)
    pieces: list[str] = []
    at = len(word)
    while at:
        piece = word[back[at] : at]
        # Letters that belong to no common word stay together: a name, a slip.
        if pieces and piece not in cost and pieces[-1] not in cost:
            pieces[-1] = piece + pieces[-1]
        else:
            pieces.append(piece)
        at = back[at]
    unknown = sum(len(piece) for piece in pieces if piece not in cost)
    if unknown * 3 > len(word) or len(pieces) * 2 > len(word):
        return word
    return " ".join(slips.get(piece, piece) for piece in reversed(pieces))


def unmasked_text(text: str) -> str:
    """With f**k and the like spelt out, as long as its stars are there to tell."""
    return _MASKED.sub(_spelt_out, text, count=MAX_LOOKED_AT)


def _spelt_out(found: re.Match[str]) -> str:
    word = found[0].lower()
    return _unmasked(word) or (_unmasked_inside(word) if len(word) >= SHORTEST_JOINED else found[0])


def worth_mending(view: View, words: Words) -> NDArray[np.bool_]:
    """(n,) which texts of the view have a word that would be repaired."""
    found = np.zeros(len(view.bounds) - 1, dtype=bool)
    found[[int(words.doc[index]) for index in repairs(view, words)]] = True
    return found


def mended(view: View, words: Words, found: Mapping[int, str]) -> View:
    """The view with its disguised words replaced by what `repairs` found."""
    if not found:
        return view
    codes, origin, doc = [], [], []
    at = 0
    for index, better in sorted(found.items()):
        start, end = int(words.start[index]), int(words.end[index])
        codes.append(view.codes[at:start])
        origin.append(view.origin[at:start])
        doc.append(view.doc[at:start])
        letters = np.frombuffer(better.encode("utf-32-le"), dtype="<u4").astype(np.uint32)
        codes.append(letters)
        origin.append(view.origin[start + _spread(letters, min(end - start, MAX_CUT))])
        doc.append(np.full(len(letters), words.doc[index], dtype=np.int32))
        at = min(end, start + MAX_CUT)
    codes.append(view.codes[at:])
    origin.append(view.origin[at:])
    doc.append(view.doc[at:])
    joined = np.concatenate(doc)
    bounds = np.searchsorted(joined, np.arange(len(view.bounds))).astype(np.int64)
    return View(np.concatenate(codes), np.concatenate(origin), joined, bounds)


def _spread(letters: NDArray[np.uint32], size: int) -> NDArray[np.int64]:
    """For each new letter a place in the old word: letter for letter where a word was cut, else evenly."""
    space = letters == SPACE
    if len(letters) - space.sum() == size:
        return np.maximum(np.cumsum(~space) - 1, 0)
    return np.minimum(np.arange(len(letters)) * size // max(len(letters), 1), size - 1)
