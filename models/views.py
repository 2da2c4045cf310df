"""Which texts are read a second time, with their disguise undone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.repair import mended, repairs
from models.text import Codes, View, looks_disguised, unmasked_view
from models.words import Words, words_of

Ints = NDArray[np.int32]


@dataclass(frozen=True)
class Second:
    """text (k,) which texts; their view, unmasked and repaired, and its words; untouched (k,) whose words are all the
    text's own, none cut or repaired."""

    text: NDArray[np.intp]
    view: View
    words: Words
    untouched: NDArray[np.bool_]


def second_views(codes: Codes, origin: Ints, doc: Ints, plain: View, words: Words) -> Second | None:
    """Of the texts that look disguised; None where none does."""
    count = len(plain.bounds) - 1
    odd = looks_disguised(codes, doc, count)
    for word in repairs(plain, words):
        odd[words.doc[word]] = True
    index = np.flatnonzero(odd)
    if not len(index):
        return None
    if len(index) < count:
        chosen = np.flatnonzero(odd[doc])
        number = np.cumsum(odd, dtype=np.int32) - np.int32(1)
        codes, origin, doc = codes.take(chosen), origin.take(chosen), number[doc.take(chosen)]
    view = unmasked_view(codes, origin, doc, len(index))
    words = words_of(view)
    untouched = np.ones(len(index), dtype=bool)
    if found := repairs(view, words):
        untouched[[int(words.doc[word]) for word in found]] = False
        view = mended(view, words, found)
        words = words_of(view)
    return Second(index, view, words, untouched)
