"""Is this one of many copies? Texts are compared as sets of five-character shingles.

Two texts whose sets share 70% or more are near-duplicates. MinHash bands find the candidates without
comparing everything with everything: with 16 bands of 4 a pair at 0.7 is found 98.8% of the time, at
0.5 64%, at 0.2 2.5%; the exact comparison then decides.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.domain.finding import Code, Finding

SIMILAR_FROM = 0.7
# Two people may quote the same sentence; three near-copies are worth a look.
FLOOD_FROM = 3
SHINGLE = 5
# Short texts ("I could not agree more") repeat by themselves.
FEWEST_SHINGLES = 24
LONGEST = 4000
BANDS, ROWS = 16, 4

Shingles = NDArray[np.uint32]
_NOT_A_WORD = re.compile(r"[^\w\s]|_")
# Odd and far apart, so that no two places of a shingle weigh alike.
_WEIGHTS = np.array([0x9E3779B1, 0x85EBCA6B, 0xC2B2AE35, 0x27D4EB2F, 0x165667B1], dtype=np.uint32)


@dataclass(frozen=True, slots=True, eq=False)
class Signature:
    shingles: Shingles  # sorted, each once
    bands: tuple[int, ...]  # 63 bits each


def signature(text: str) -> Signature | None:
    """None for a text too short to be told from what people say anyway."""
    shingles = _shingles(text)
    if len(shingles) < FEWEST_SHINGLES:
        return None
    minhash = _empty_minhash().copy()
    minhash.update_batch(shingles.tolist())
    rows = minhash.digest().astype(np.uint32).reshape(BANDS, ROWS)
    return Signature(shingles, tuple(_band(number, row.tobytes()) for number, row in enumerate(rows)))


def similarity(one: Signature, other: Signature) -> float:
    """Jaccard's: shared shingles over all shingles of both."""
    shared = len(np.intersect1d(one.shingles, other.shingles, assume_unique=True))
    return shared / (len(one.shingles) + len(other.shingles) - shared)


def finding(flood_id: str, *, size: int, similarity: float) -> Finding | None:
    """What to say of a comment that is one of `size` near-copies; nothing about one or two."""
    if size < FLOOD_FROM:
        return None
    evidence = {"flood": flood_id, "count": size, "threshold": FLOOD_FROM, "similarity": round(similarity, 2)}
    return Finding(Code.NEAR_DUPLICATE, evidence)


def _shingles(text: str) -> Shingles:
    # Signs, marks and invisible characters go, so that sprinkling them in makes no new text.
    folded = " ".join(_NOT_A_WORD.sub("", text[:LONGEST].casefold()).split())
    codes = np.frombuffer(folded.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint32)
    if len(codes) < SHINGLE:
        return codes[:0]
    windows = np.lib.stride_tricks.sliding_window_view(codes, SHINGLE)
    return np.unique((windows * _WEIGHTS).sum(axis=1, dtype=np.uint32))


def _band(number: int, row: bytes) -> int:
    digest = hashlib.blake2b(row, digest_size=8, salt=number.to_bytes(2, "big")).digest()
    return int.from_bytes(digest, "big") >> 1


@cache
def _empty_minhash() -> Any:
    from datasketch import MinHash  # half a second of SciPy, which a web process need not pay

    # The shingles are hashes already; its default permutations mix them first.
    return MinHash(num_perm=BANDS * ROWS, seed=1, hashfunc=int)
