"""A few things about how a text looks that its folded words no longer tell. The spam model alone sees them:
letter case and punctuation are artefacts of how the toxicity sources were prepared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SURFACE = ("length", "capitals", "digits", "shouts", "money", "links", "foreign", "lines")


def surface_features(codes: NDArray[np.uint32], doc: NDArray[np.int32], count: int) -> NDArray[np.float32]:
    """(count, 8), each in [0, 1]: log length, shares of capitals and digits, then saturating counts."""
    ascii_codes = np.minimum(codes, 127)
    flags = _FLAGS[ascii_codes]
    link = np.zeros(len(codes), dtype=np.uint8)
    # "://" or "ww." : the middle of every web address that is written out.
    link[2:] = ((codes[2:] == 47) & (codes[1:-1] == 47) & (codes[:-2] == 58)) | (
        (codes[2:] == 46) & (codes[1:-1] == 119) & (codes[:-2] == 119)
    )
    if count == 1:
        tallies = np.array([[np.count_nonzero(flags == kind) for kind in range(1, 7)]], dtype=np.float32)
        links = np.array([np.count_nonzero(link)], dtype=np.float32)
        sizes = np.array([len(codes) - 2], dtype=np.float32)
    else:
        table = np.bincount(doc * 8 + flags, minlength=8 * count).reshape(count, 8)
        tallies = table[:, 1:7].astype(np.float32)
        links = np.bincount(doc[link > 0], minlength=count).astype(np.float32)
        sizes = (table.sum(axis=1) - 2).astype(np.float32)
    length = np.maximum(sizes, 1)
    capitals, digits, shouts, money, foreign, lines = tallies.T
    columns = [
        np.minimum(np.log1p(length) / 10, 1),
        capitals / length,
        digits / length,
        shouts / (shouts + 2),
        money / (money + 1),
        links / (links + 1),
        foreign / length,
        lines / (lines + 3),
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def _flags() -> NDArray[np.uint8]:
    flags = np.zeros(128, dtype=np.uint8)
    flags[ord("A") : ord("Z") + 1] = 1
    flags[ord("0") : ord("9") + 1] = 2
    flags[[ord("!"), ord("?")]] = 3
    flags[[ord("$"), ord("%")]] = 4
    flags[127] = 5
    flags[ord("\n")] = 6
    return flags


_FLAGS = _flags()
