"""A short word list: the trivial baseline beside every figure, and a guard against abuse in spam data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.text import normalise

WORDS = frozenset(
    "arse arsehole ass asshole bastard bitch bitches bollocks bullshit cock coon crap cunt damn dick "
    "dickhead dumb dyke fag faggot fool freak fuck fucked fucker fuckin fucking goddamn gook homo hoe "
    "idiot idiots jackass jap jerk kike kill loser moron morons motherfucker nazi nigga nigger paki piss "
    "prick pussy rape retard retarded scum shit shitty slut spic stupid suck sucks trash tranny twat ugly "
    "wanker whore ".split()
)


def listed_words(texts: Sequence[str]) -> NDArray[np.int64]:
    """(n,) how many words of each text are on the list."""
    return np.array([sum(word in WORDS for word in normalise(text).text.split()) for text in texts], dtype=np.int64)
