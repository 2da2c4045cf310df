"""The seam between the second look's model and the rest, in workers alone: sentence vectors, and a second opinion.

Without the encoder's package, or with a damaged one, there is no second opinion; `problem` says why, and the first
look's opinion stands.
"""

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import artefact, shelf
from models.artefact import ModelDamaged, ModelMissing
from models.both_encoders import encoder_for
from models.classifier import Classifier
from models.encoder import Encoder, EncoderMissing, SentenceEncoder
from models.second_look import SecondLook
from moderation.checks.classifier import LOOK_AT_SHELF_EVERY_S, Scorer
from moderation.checks.site_heads import site_by_site
from moderation.domain.finding import Code, Finding, Missing, Opinion
from moderation.domain.policy import Thresholds

# What was missing or damaged is looked for again after this long.
TRY_AGAIN_AFTER_S = 60.0
NEVER = 1.0 + 1e-9

Vectors = NDArray[np.float32]


class SecondScorer:
    """The second look behind the scorer's current model: read when first needed, and again when either changes."""

    def __init__(self, folder: Path, scorer: Scorer) -> None:
        self._folder = folder
        self._scorer = scorer
        self._loading = threading.Lock()
        self._frozen: Encoder | None = None
        self._encoder: SentenceEncoder | None = None
        self._look: SecondLook | None = None
        self._key: tuple[str, str] | None = None
        self._looked_at = float("-inf")
        self.problem: str | None = None

    def warm_up(self) -> str | None:
        """Read everything now; what is missing, if anything."""
        self.vectors([""])
        return self.problem

    @property
    def encoder(self) -> str | None:
        """Which encoder's vectors these are, or None if there are none."""
        return self._encoder.version if self._encoder is not None else None

    def vectors(self, texts: Sequence[str]) -> Vectors | None:
        """(n, d), or None where there is no encoder."""
        self.current()
        if self._encoder is None:
            return None
        try:
            return self._encoder.vectors(texts)
        except Exception as error:
            self.problem = f"the encoder failed: {type(error).__name__}"
            return None

    def opinions(self, texts: Sequence[str], vectors: Vectors, site_ids: Sequence[str]) -> list[Opinion | Missing]:
        """One opinion a text, by the head of its site where that learnt from sentence vectors."""
        look = self.current()
        if look is None:
            return [Missing(self.problem or "no second look")] * len(texts)
        try:
            scores = look.score_vectors(texts, vectors)
            shipped = [Opinion(one.p_reject, one.low, one.high, one.attributes, look.version) for one in scores]
            return list(self._by_site(look, shipped, texts, vectors, site_ids))
        except Exception as error:
            return [Missing(f"the second look failed: {type(error).__name__}")] * len(texts)

    def _by_site(
        self, look: SecondLook, shipped: list[Opinion], texts: Sequence[str], vectors: Vectors, site_ids: Sequence[str]
    ) -> list[Opinion]:
        def adjusted(site: str, own: list[int]) -> Sequence[Opinion]:
            heads, opinions = self._scorer.heads, [shipped[at] for at in own]
            return heads.adjusted_again(opinions, [texts[at] for at in own], vectors[own], site, look)

        return site_by_site(shipped, site_ids, adjusted)

    def thresholds(self, opinion: Opinion) -> Thresholds | None:
        """The cascade's. The policy files as spam by the attribute alone; here only what would be rejected is."""
        if self._look is None:
            return None
        point = self._look.operating_point
        certain = opinion.low >= point.reject_from
        return Thresholds(point.approve_below, point.reject_from, point.spam_from if certain else NEVER)

    def current(self) -> SecondLook | None:
        """The second look in use, or None; `problem` then says why."""
        if time.monotonic() - self._looked_at > (LOOK_AT_SHELF_EVERY_S if self.problem is None else TRY_AGAIN_AFTER_S):
            with self._loading:
                self._read(self._scorer.current())
                self._looked_at = time.monotonic()
        return self._look

    def _read(self, first: Classifier | None) -> None:
        try:
            self._frozen = self._frozen or Encoder()
            name = shelf.pointed(self._folder, shelf.SECOND_LOOK)
            if first is None:
                raise ModelMissing("no first look to stand behind")
            if self._look is None or self._key != (name, first.version):
                found = artefact.load(self._folder / name)
                encoder = encoder_for(found.manifest, self._folder, self._frozen)
                self._look = SecondLook.from_artefact(found, first, encoder)
                self._encoder, self._key = encoder, (name, first.version)
            self.problem = None
        except (EncoderMissing, ModelMissing, ModelDamaged, OSError) as error:
            self._look, self._key, self.problem = None, None, str(error)
            # Without a second opinion, what the frozen encoder reads still finds precedents by meaning.
            self._encoder = self._frozen


def finding(opinion: Opinion, thresholds: Thresholds | None) -> Finding:
    """What the second look thinks, beside what the first look thought."""
    evidence: dict[str, Any] = {
        "score": round(opinion.p_reject, 4), "low": round(opinion.low, 4), "high": round(opinion.high, 4),
        "thresholds": thresholds.as_json() if thresholds else None, "model": opinion.model,
    }  # fmt: skip
    return Finding(Code.SECOND_OPINION, evidence)
