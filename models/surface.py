"""A few things about how a text looks that its folded words no longer tell. The spam model alone sees them:
letter case and punctuation are artefacts of how the toxicity sources were prepared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SURFACE = ("length", "capitals", "digits", "shouts", "money", "links", "foreign", "lines")


def surface_features(codes: NDArray[np.uint32], doc: NDArray[np.int32], count: int) -> NDArray[np.float32]:
    """(count, 8), each in [0, 1]: log length, shares of capitals and digits, then saturating counts."""
    flags = _FLAGS.take(codes, mode="clip")
    tallies = np.bincount(flags if count == 1 else doc * np.int32(8) + flags, minlength=8 * count).reshape(count, 8)
    sizes = tallies.sum(axis=1) - 2
    tallies[:, _LINKS] = _links(codes, doc, count)
    length = np.maximum(sizes, 1).astype(np.float32)[:, None]
    found = tallies.astype(np.float32)
    found[:, _SHARES] /= length
    counts = found[:, _COUNTS]
    counts /= counts + _HALF_AT
    found[:, _LENGTH] = np.minimum(np.log1p(length[:, 0]) / 10, 1)
    return found.take(_ORDER, axis=1)


def _links(codes: NDArray[np.uint32], doc: NDArray[np.int32], count: int) -> NDArray[np.intp] | int:
    """How often "://" or "ww.", the middle of every web address that is written out, stands in each text."""
    packed = codes.tobytes()
    if _SCHEME not in packed and _HOST not in packed:
        return 0
    link = ((codes[2:] == 47) & (codes[1:-1] == 47) & (codes[:-2] == 58)) | (
        (codes[2:] == 46) & (codes[1:-1] == 119) & (codes[:-2] == 119)
    )
    return np.bincount(doc[2:][link], minlength=count)


def _flags() -> NDArray[np.uint8]:
    flags = np.zeros(128, dtype=np.uint8)
    flags[ord("A") : ord("Z") + 1] = 1
    flags[ord("0") : ord("9") + 1] = 2
    flags[127] = 3
    flags[[ord("!"), ord("?")]] = 4
    flags[[ord("$"), ord("%")]] = 5
    flags[ord("\n")] = 6
    return flags


_FLAGS = _flags()
_SCHEME, _HOST = "://".encode("utf-32-le"), "ww.".encode("utf-32-le")
# Columns of the tallies, by flag; what has no flag is counted in 0, which then holds the length, and links go into 7.
_LENGTH, _LINKS = 0, 7
_SHARES, _COUNTS = slice(1, 4), slice(4, 8)
_HALF_AT = np.array([2, 1, 3, 1], dtype=np.float32)
_ORDER = np.array([0, 1, 2, 4, 5, 7, 3, 6])
