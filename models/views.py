"""Which texts are read a second time, with their disguise undone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from models.repair import mended, repairs, worth_mending
from models.text import Codes, View, looks_disguised, raw_codes, unmasked_view
from models.words import Words, words_of

Ints = NDArray[np.int32]


def second_views(
    texts: Sequence[str], codes: Codes, doc: Ints, plain: View, words: Words
) -> Iterator[tuple[NDArray[np.intp], View, NDArray[np.bool_]]]:
    """Indices of the texts that look disguised, the view of just these, unmasked and repaired, and whose words are
    the text's own: a word that was cut or repaired says nothing about the language of the text."""
    count = len(texts)
    odd = looks_disguised(codes, doc, count) | worth_mending(plain, words)
    index = np.flatnonzero(odd)
    if len(index):
        part = [texts[at] for at in index.tolist()]
        view = unmasked_view(*raw_codes(part), len(part))
        found = repairs(view, own := words_of(view))
        untouched = np.ones(len(part), dtype=bool)
        untouched[[int(own.doc[word]) for word in found]] = False
        yield index, mended(view, own, found), untouched
