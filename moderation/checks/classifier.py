"""The one seam between the model and the rest: a score becomes an opinion, an opinion a finding.

A model that is missing, damaged or raises gives `Missing`, which the policy holds for a person; it
never publishes and never accuses.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from models.artefact import ModelDamaged, ModelMissing
from models.classifier import Classifier, Score
from models.shelf import fingerprint, open_current
from moderation.checks.context import Context
from moderation.checks.site_heads import SiteHeads, site_by_site
from moderation.domain.finding import SITES_HEAD, Code, Finding, Missing, Opinion
from moderation.domain.policy import Thresholds, in_force

LOOK_AT_SHELF_EVERY_S = 0.5  # one small file: a model that is taken back is out of force within a second
POINTS_KEPT = 8


class Scorer:
    """The current model of a shelf, loaded when first needed and again when another is promoted.

    While one thread loads the new model the others go on with the old one. Thresholds are asked for by the model that
    gave the opinion, since the model may change between the two.
    """

    def __init__(self, shelf: Path, site_heads: Path | None = None) -> None:
        self._shelf = shelf
        self.heads = SiteHeads(site_heads)
        self._loading = threading.Lock()
        self._looked_at = float("-inf")
        self._fingerprint: str | None = None
        self._classifier: Classifier | None = None
        self._points: dict[str, Thresholds] = {}
        self.problem: str | None = None

    def current(self) -> Classifier | None:
        """The model in use, or None; `problem` then says why. Keeps the old one if a new one is damaged."""
        if time.monotonic() - self._looked_at > LOOK_AT_SHELF_EVERY_S:
            self._look_at_shelf()
        return self._classifier

    def operating_point(self, model: str | None = None) -> Thresholds | None:
        """Of the model of that version if it was in use here, else of the one in use."""
        classifier = self.current()
        # A site's head stands on a shipped model and, until labels certify more, decides within its thresholds.
        known = self._points.get((model or "").partition(SITES_HEAD)[0])
        if known is not None or classifier is None:
            return known
        return self._points.get(classifier.version)

    def opinion(self, text: str, site_id: str = "") -> Opinion | Missing:
        return self.opinions([text], site_id)[0]

    def opinions(self, texts: Sequence[str], site_id: str | Sequence[str] = "") -> list[Opinion | Missing]:
        """One opinion a text, each as if it were scored alone, by the head of its site where that has one; site_id:
        of all texts, or one a text. A text that makes the model raise costs only itself its opinion."""
        classifier = self.current()
        if classifier is None:
            return [Missing(self.problem or "no model")] * len(texts)
        sites = [site_id] * len(texts) if isinstance(site_id, str) else site_id
        try:
            scored = [_opinion(score, classifier.version) for score in classifier.score(texts)]
            return self._by_their_heads(scored, texts, sites, classifier)
        except Exception as error:
            if len(texts) == 1:
                return [Missing(f"the model failed: {type(error).__name__}")]
            return [self.opinion(text, site) for text, site in zip(texts, sites, strict=True)]

    def _by_their_heads(
        self, scored: list[Opinion], texts: Sequence[str], sites: Sequence[str], classifier: Classifier
    ) -> list[Opinion | Missing]:
        def adjusted(site: str, own: list[int]) -> Sequence[Opinion]:
            return self.heads.adjusted([scored[at] for at in own], [texts[at] for at in own], site, classifier)

        return [*site_by_site(scored, sites, adjusted)]

    def _look_at_shelf(self) -> None:
        # Only who has no model at all waits for the one who loads it.
        if not self._loading.acquire(blocking=self._classifier is None):
            return
        try:
            if time.monotonic() - self._looked_at > LOOK_AT_SHELF_EVERY_S:
                self._load_if_another()
                self._looked_at = time.monotonic()
        finally:
            self._loading.release()

    def _load_if_another(self) -> None:
        try:
            found = fingerprint(self._shelf)
            if found != self._fingerprint or self._classifier is None:
                loaded = open_current(self._shelf)
                point = loaded.operating_point
                thresholds = Thresholds(point.approve_below, point.reject_from, point.spam_from)
                self._points = {**dict([*self._points.items()][-POINTS_KEPT:]), loaded.version: thresholds}
                self._classifier, self._fingerprint = loaded, found
            self.problem = None
        except (ModelMissing, ModelDamaged, OSError) as error:
            self.problem = str(error)


def _opinion(score: Score, version: str) -> Opinion:
    return Opinion(score.p_reject, score.low, score.high, score.attributes, version)


def check(context: Context) -> Iterator[Finding]:
    opinion = context.opinion
    if isinstance(opinion, Missing):
        yield Finding(Code.SCORER_FAILED, {"reason": opinion.reason})
        return
    point = in_force(context.policy, opinion, context.operating_point)
    yield Finding(
        Code.LIKELY_REJECTED,
        {
            "score": round(opinion.p_reject, 4), "low": round(opinion.low, 4), "high": round(opinion.high, 4),
            "thresholds": point.as_json() if point else None, "model": opinion.model,
        },
    )  # fmt: skip
    for name, score in sorted(opinion.attributes.items(), key=lambda item: -item[1]):
        if score >= 0.5:
            yield Finding(Code.ATTRIBUTE, {"attribute": name, "score": round(score, 4)})
