"""One look of the model at what several programs show it at the same time.

A look at few texts costs little more than a look at one, so requests that arrive while somebody looks wait for the
next look and share it. A long text is looked at alone: the short ones need not wait for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from moderation.checks.classifier import Scorer
from moderation.domain.finding import Missing, Opinion
from moderation.storage.together import Piece, Together

MOST_TOGETHER = 16
LONG = 2_000
Opinions = list[Opinion | Missing]


@dataclass(frozen=True, slots=True)
class Shown:
    texts: Sequence[str]
    site_id: str


class SharedLooks:
    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._together: Together[Shown, Opinions] = Together(MOST_TOGETHER)

    def opinions(self, texts: Sequence[str], site_id: str) -> Opinions:
        """As Scorer.opinions gives them."""
        if sum(map(len, texts)) > LONG:
            return self._scorer.opinions(texts, site_id)
        return self._together.ask(Shown(texts, site_id), self._look)

    def _look(self, pieces: Sequence[Piece[Shown, Opinions]]) -> None:
        texts = [text for piece in pieces for text in piece.item.texts]
        sites = [piece.item.site_id for piece in pieces for _ in piece.item.texts]
        found = iter(self._scorer.opinions(texts, sites))
        for piece in pieces:
            piece.result = list(islice(found, len(piece.item.texts)))
