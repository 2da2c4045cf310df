"""Fit a site's own head from its moderators' decisions, and let it stand as candidate if it passes the gate.

One head serves both looks: the second sees the site's words and sentence vectors, the first what distilling leaves.

Nothing goes into service here: a candidate waits, with what it would have decided otherwise, for `promote`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models import functional_cases, shelf
from models.artefact import ModelDamaged, ModelMissing
from models.calibration import sigmoid
from models.decided import Decided, capped, split
from models.gate import Judgement, cases_lost, contradicted, judge
from models.second_look import FirstBasis
from models.site_head import FEWEST_DECISIONS, Basis, Shipped, SiteHead, TooFewDecisions, fit, held_out_logits
from models.site_look import Remembering
from moderation.domain.comment import State
from moderation.domain.site import Site
from moderation.services.realised_error import DAY_US
from moderation.storage import audit, labels, sentence_vectors
from moderation.storage.rows import Record

if TYPE_CHECKING:
    from models.classifier import Classifier
    from moderation.checks.second_look import SecondScorer
    from moderation.wiring import Wiring

Floats = NDArray[np.float64]
MOST_ROWS = 3_000
# Whoever holds a key can send verdicts: all keys together teach no more than this share.
SENT_AT_MOST = 0.1
MISTAKES_TOLD = 20
SURELY_OTHERWISE = 0.9


@dataclass(frozen=True)
class Retrained:
    """name: of the candidate, None if there is none; reasons: why not; figures: what the gate measured, for the first
    look under the prefix first_ where there are two; shadow: what it would have changed; mistakes: comments whose
    verdict the rest of the site's decisions contradicts; words_alone: why it saw no sentence vectors, if so."""

    name: str | None
    reasons: list[str]
    decisions: int
    figures: dict[str, float] = field(default_factory=dict)
    shadow: dict[str, float] = field(default_factory=dict)
    apart: list[str] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)
    words_alone: str | None = None


def retrain(
    wiring: "Wiring", site: Site, *, actor: str = "system", second: "SecondScorer | None" = None
) -> Retrained:  # fmt: skip
    """second: whose sentence vectors the head is to see; without it the head speaks in the first look alone."""
    rows = decided_rows(wiring, site)
    done = _retrain(wiring, site, rows, second)
    details = {
        "candidate": done.name, "reasons": done.reasons, "decisions": done.decisions, "figures": done.figures,
        "shadow": done.shadow, "mistakes": len(done.mistakes), "words_alone": done.words_alone,
    }  # fmt: skip
    now = wiring.clock.now_us()
    wiring.database.write(
        lambda conn: audit.record(
            conn, actor=actor, action="head.candidate" if done.name else "head.refused", subject=f"site:{site.id}",
            site_id=site.id, at=now, details=details,
        )
    )  # fmt: skip
    return done


def decided_rows(wiring: "Wiring", site: Site) -> list[Decided]:
    """Oldest first; nothing where the site's policy says that its decisions teach nothing."""
    if not site.policy.learn:
        return []
    since = wiring.clock.now_us() - site.policy.learn_from_days * DAY_US
    with wiring.database.read() as conn:
        own = labels.for_training(conn, site.id, since=since, limit=MOST_ROWS)
        sent = labels.sent_back(conn, site.id, since=since, limit=MOST_ROWS)
    mine = [
        replace(_row(row, row.comment_id, row.author_id, row.thread_id, 1 / row.probability), revision=row.revision)
        for row in reversed(own)
    ]
    return capped(mine, [_row(row, row.id, row.key_id, row.key_id, 1.0) for row in reversed(sent)], SENT_AT_MOST)


def _row(row: Record, id: str, author: str, thread: str, weight: float) -> Decided:
    return Decided(id, row.text, row.verdict != State.APPROVED, weight, author, thread)


def _retrain(wiring: "Wiring", site: Site, rows: list[Decided], second: "SecondScorer | None") -> Retrained:
    classifier = wiring.scorer.current()
    if classifier is None:
        return Retrained(None, [wiring.scorer.problem or "there is no model to stand on"], len(rows))
    learnt, kept, shared = split(rows)
    words_alone = _why_without(second)
    try:
        _enough(learnt)
        shipped = _shipped(wiring, classifier, rows, second)
        trial, final = _fit(learnt, shipped), _fit(rows, shipped)
    except TooFewDecisions as few:
        return Retrained(None, [str(few)], len(rows), words_alone=words_alone)
    looks = _Looks(head_in_service(wiring, site, classifier.version), shipped, rows)
    judged = _judged(looks, trial, rows, kept)
    truth = _truth(rows)
    explained = sigmoid(held_out_logits(looks.basis, truth, np.ones(len(rows)), np.zeros((len(rows), 0))))
    usual = looks.current.manifest.get("contradicted") if looks.current else None
    share, told = contradicted(truth, looks.chances(looks.current), explained, usual)
    reasons = [*judged.reasons, *([told] if told else []), *_lost(looks, final)]
    found = Retrained(
        None, reasons, len(rows), judged.figures, _shadow(looks, final), shared, _mistakes(rows, truth, explained),
        words_alone,
    )  # fmt: skip
    if reasons:
        return found
    return replace(found, name=_save(final, wiring.settings.site_heads_dir / site.id, judged, share))


def head_in_service(wiring: "Wiring", site: Site, version: str) -> SiteHead | None:
    """The site's, where it was fitted on the first look of that version."""
    folder = wiring.settings.site_heads_dir / site.id
    try:
        head = SiteHead.load(folder / shelf.pointed(folder, shelf.CURRENT))
    except (ModelMissing, ModelDamaged):
        return None
    return head if head.fits_first(version) else None


def _why_without(second: "SecondScorer | None") -> str | None:
    if second is None:
        return "no second look was asked"
    return second.problem if second.current() is None else None


def _shipped(
    wiring: "Wiring", classifier: "Classifier", rows: Sequence[Decided], second: "SecondScorer | None"
) -> Shipped:
    """What the head stands on: the second look where there is one, with the vectors that were kept and the new ones."""
    look = second.current() if second is not None else None
    if look is None or look.first.version != classifier.version:
        return FirstBasis(classifier)
    encoder, own = look.encoder.version, [row for row in rows if row.revision]
    with wiring.database.read() as conn:
        kept = sentence_vectors.of(conn, [(row.id, row.revision) for row in own], encoder=encoder)
    missing = [row for row in own if row.id not in kept]
    made = dict(zip([row.id for row in missing], look.vectors([row.text for row in missing]), strict=True))
    keep = {(row.id, row.revision): made[row.id] for row in missing}
    wiring.database.write(partial(sentence_vectors.keep, vectors=keep, encoder=encoder))
    return Remembering(look, {row.text: kept[row.id] if row.id in kept else made[row.id] for row in own})


class _Looks:
    """What both looks make of the site's decisions, once; and what heads make of that."""

    def __init__(self, current: SiteHead | None, shipped: Shipped, rows: Sequence[Decided]) -> None:
        texts = [row.text for row in rows]
        self.current, self.shipped = current, shipped
        self.basis, self.first_basis = shipped.basis(texts), shipped.first_basis(texts)

    def chances(self, head: SiteHead | None) -> Floats:
        """(n,) as the last look says it: the first where the head has nothing to say to the second."""
        return _chances(head, self.shipped, self.basis, self.first_basis)

    def first_chances(self, head: SiteHead | None) -> Floats:
        return _chances(head, self.shipped, self.first_basis, self.first_basis)


def _chances(head: SiteHead | None, shipped: Shipped, basis: Basis, first_basis: Basis) -> Floats:
    if head is None:
        return sigmoid(basis.prior)
    return sigmoid(head.logit(basis if head.fits_second(shipped.version) else first_basis))


def _enough(learnt: Sequence[Decided]) -> None:
    """Before sentences are read for nothing."""
    truth = _truth(learnt)
    if len(learnt) < FEWEST_DECISIONS or truth.all() or not truth.any():
        raise TooFewDecisions(len(learnt), int(truth.sum()))


def _truth(rows: Sequence[Decided]) -> NDArray[np.bool_]:
    return np.array([row.rejected for row in rows], dtype=bool)


def _fit(rows: Sequence[Decided], shipped: Shipped) -> SiteHead:
    return fit([row.text for row in rows], _truth(rows), np.array([row.weight for row in rows]), shipped)


def _judged(looks: _Looks, trial: SiteHead, rows: Sequence[Decided], kept: Sequence[Decided]) -> Judgement:
    """In the last look, and in the first as well where they are two: what is lost in either is lost."""
    place = {row.id: at for at, row in enumerate(rows)}
    at = np.array([place[row.id] for row in kept], dtype=np.int64)
    truth, weight = _truth(kept), np.array([row.weight for row in kept])
    judged = judge(truth, weight, looks.chances(looks.current)[at], looks.chances(trial)[at])
    if looks.basis.vectors is None:
        return judged
    first = judge(truth, weight, looks.first_chances(looks.current)[at], looks.first_chances(trial)[at])
    return judged.beside(first, where="in the first look", prefix="first_")


def _lost(looks: _Looks, new: SiteHead) -> list[str]:
    texts = list(functional_cases.CASES)
    harmful = np.arange(len(texts)) >= len(functional_cases.HARMLESS)
    cases = _Looks(looks.current, looks.shipped, [Decided(text, text, False, 1.0, "", "") for text in texts])
    lost = cases_lost(harmful, cases.chances(cases.current), cases.chances(new), texts)
    lost += cases_lost(harmful, cases.first_chances(cases.current), cases.first_chances(new), texts)
    return [f"it gets wrong what was right before: {text!r}" for text in dict.fromkeys(lost)][:3]


def _mistakes(rows: Sequence[Decided], rejected: NDArray[np.bool_], explained: Floats) -> list[str]:
    """Comments whose verdict all the other decisions contradict: worth a second reading, by a person."""
    against = np.abs(explained - rejected)
    order = np.argsort(-against)[:MISTAKES_TOLD]
    return [rows[at].id for at in order if against[at] >= SURELY_OTHERWISE]


def _shadow(looks: _Looks, new: SiteHead) -> dict[str, float]:
    """Beside the model in service on the newest decisions: how far its opinions move, and how many change sides."""
    before, after = looks.chances(looks.current)[-500:], looks.chances(new)[-500:]
    return {
        "comments": len(before),
        "moved": round(float(np.abs(after - before).mean()), 4),
        "changed_sides": round(float(((before > 0.5) != (after > 0.5)).mean()), 4),
    }


def _save(head: SiteHead, folder: Any, judged: Judgement, share: float) -> str:
    weights = (array.tobytes() for part in (head.light, head.full) for array in (part.words, part.attributes))
    digest = hashlib.sha256(b"".join(weights)).hexdigest()[:10]
    name = f"site-{digest}"
    manifest = {
        **head.manifest, "version": f"{head.manifest['shipped']}+{name}", "gate": judged.figures,
        "contradicted": round(share, 4),
    }  # fmt: skip
    replace(head, manifest=manifest).save(folder / name)
    shelf.set_candidate(folder, name)
    return name
