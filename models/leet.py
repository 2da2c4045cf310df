"""Digits and signs that stand for letters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.folding import DIGIT, LETTER, Codes, Mask, Tables
from models.masks import after, before

DOLLAR, _AT, _FOUR, _FIVE = (np.uint32(ord(sign)) for sign in "$@45")


def unleeted(table: Tables, codes: Codes, kind: NDArray[np.uint8]) -> Codes:
    """Letters for the digits and signs that stand for them, in words that hold a letter; the same array if none do."""
    leet = table.leet_of(codes)
    if not np.count_nonzero(leet):
        return codes
    letter = kind == LETTER
    member = letter | leet
    # A closing "!" is a shout, not an i: signs need a letter or sign behind them, but for the s of a plural.
    change = leet & ((kind == DIGIT) | after(member, 1) | _closing_dollars(codes, member))
    if not np.count_nonzero(change):
        return codes
    starts = member & ~before(member, 1)
    word = np.cumsum(starts)
    holds_letter = np.zeros(int(word[-1]) + 1, dtype=bool)
    holds_letter[word[letter]] = True
    change = change & holds_letter.take(word) | signs_alone(table, codes)
    if not np.count_nonzero(change):
        return codes
    return np.where(change, table.unleet.take(codes, mode="clip"), codes)


def signs_alone(table: Tables, codes: Codes) -> Mask:
    """@$$, 4$$ and @5$: a word without a letter. 45$ is a price, and so is @$5."""
    dollar = codes == DOLLAR
    if len(codes) < 4 or not np.count_nonzero(dollar):
        return np.zeros(len(codes), dtype=bool)
    at, kind = codes == _AT, table.kind_of(codes)
    beside = dollar | at | (kind == LETTER) | (kind == DIGIT)
    begin = (at & after(dollar | (codes == _FIVE), 1)) | ((codes == _FOUR) & after(dollar, 1))
    begin &= after(dollar, 2) & ~before(beside, 1) & ~after(beside, 3)
    return begin | before(begin, 1) | before(begin, 2)


def _closing_dollars(codes: Codes, member: Mask) -> Mask:
    """idiot$ and a$$, but not US$."""
    dollar = codes == DOLLAR
    if not np.count_nonzero(dollar):
        return dollar
    long = before(member, 1) & before(member, 2) & before(member, 3)
    return dollar & (long | before(dollar, 1))
