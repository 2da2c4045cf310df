"""Fit a site's own head from its moderators' decisions, and let it stand as candidate if it passes the gate.

Nothing goes into service here: a candidate waits, with what it would have decided otherwise, for `promote`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models import functional_cases, shelf
from models.artefact import ModelDamaged, ModelMissing
from models.calibration import sigmoid
from models.decided import Decided, capped, split
from models.gate import Judgement, cases_lost, contradicted, judge
from models.second_look import FirstBasis
from models.site_head import SiteHead, TooFewDecisions, fit, held_out_logits
from moderation.domain.comment import State
from moderation.domain.site import Site
from moderation.services.realised_error import DAY_US
from moderation.storage import audit, labels
from moderation.storage.rows import Record

if TYPE_CHECKING:
    from moderation.wiring import Wiring

Floats = NDArray[np.float64]
MOST_ROWS = 3_000
# Whoever holds a key can send verdicts: all keys together teach no more than this share.
SENT_AT_MOST = 0.1
MISTAKES_TOLD = 20
SURELY_OTHERWISE = 0.9


@dataclass(frozen=True)
class Retrained:
    """name: of the candidate, None if there is none; reasons: why not; figures: what the gate measured; shadow: what
    it would have changed; mistakes: comments whose verdict the rest of the site's decisions contradicts."""

    name: str | None
    reasons: list[str]
    decisions: int
    figures: dict[str, float] = field(default_factory=dict)
    shadow: dict[str, float] = field(default_factory=dict)
    apart: list[str] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)


def retrain(wiring: "Wiring", site: Site, *, actor: str = "system") -> Retrained:
    rows = decided_rows(wiring, site)
    done = _retrain(wiring, site, rows)
    details = {
        "candidate": done.name, "reasons": done.reasons, "decisions": done.decisions, "figures": done.figures,
        "shadow": done.shadow, "mistakes": len(done.mistakes),
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
    mine = [_row(row, row.comment_id, row.author_id, row.thread_id, 1 / row.probability) for row in reversed(own)]
    return capped(mine, [_row(row, row.id, row.key_id, row.key_id, 1.0) for row in reversed(sent)], SENT_AT_MOST)


def _row(row: Record, id: str, author: str, thread: str, weight: float) -> Decided:
    return Decided(id, row.text, row.verdict != State.APPROVED, weight, author, thread)


def _retrain(wiring: "Wiring", site: Site, rows: list[Decided]) -> Retrained:
    classifier = wiring.scorer.current()
    if classifier is None:
        return Retrained(None, [wiring.scorer.problem or "there is no model to stand on"], len(rows))
    shipped, folder = FirstBasis(classifier), wiring.settings.site_heads_dir / site.id
    current = head_in_service(wiring, site, classifier.version)
    learnt, kept, shared = split(rows)
    try:
        trial, final = _fit(learnt, shipped), _fit(rows, shipped)
    except TooFewDecisions as few:
        return Retrained(None, [str(few)], len(rows))
    truth = np.array([row.rejected for row in kept], dtype=bool)
    weight = np.array([row.weight for row in kept])
    judged = judge(truth, weight, _chances(current, shipped, kept), _chances(trial, shipped, kept))
    usual = current.manifest.get("contradicted") if current else None
    everything = np.array([row.rejected for row in rows], dtype=bool)
    explained = _by_the_others(rows, everything, shipped)
    share, told = contradicted(everything, _chances(current, shipped, rows), explained, usual)
    reasons = [*judged.reasons, *([told] if told else []), *_lost(current, final, shipped)]
    mistakes = _mistakes(rows, everything, explained)
    shadow = _shadow(current, final, shipped, rows)
    if reasons:
        return Retrained(None, reasons, len(rows), judged.figures, shadow, shared, mistakes)
    name = _save(final, folder, judged, share)
    return Retrained(name, [], len(rows), judged.figures, shadow, shared, mistakes)


def head_in_service(wiring: "Wiring", site: Site, shipped: str) -> SiteHead | None:
    folder = wiring.settings.site_heads_dir / site.id
    try:
        head = SiteHead.load(folder / shelf.pointed(folder, shelf.CURRENT))
    except (ModelMissing, ModelDamaged):
        return None
    return head if head.manifest["shipped"] == shipped else None


def _fit(rows: Sequence[Decided], shipped: FirstBasis) -> SiteHead:
    return fit(
        [row.text for row in rows], np.array([row.rejected for row in rows], dtype=bool),
        np.array([row.weight for row in rows]), shipped,
    )  # fmt: skip


def _chances(head: SiteHead | None, shipped: FirstBasis, rows: Sequence[Decided]) -> Floats:
    return _of_texts(head, shipped, [row.text for row in rows])


def _of_texts(head: SiteHead | None, shipped: FirstBasis, texts: Sequence[str]) -> Floats:
    if not texts:
        return np.zeros(0)
    basis = shipped.basis(texts)
    return sigmoid(head.logit(basis) if head is not None else basis.prior)


def _lost(current: SiteHead | None, new: SiteHead, shipped: FirstBasis) -> list[str]:
    texts = list(functional_cases.CASES)
    harmful = np.arange(len(texts)) >= len(functional_cases.HARMLESS)
    lost = cases_lost(harmful, _of_texts(current, shipped, texts), _of_texts(new, shipped, texts), texts)
    return [f"it gets wrong what was right before: {text!r}" for text in lost[:3]]


def _by_the_others(rows: Sequence[Decided], rejected: NDArray[np.bool_], shipped: FirstBasis) -> Floats:
    """(n,) p_reject of each decision by a head that was fitted without it."""
    basis = shipped.basis([row.text for row in rows])
    return sigmoid(held_out_logits(basis, rejected, np.ones(len(rows)), np.zeros((len(rows), 0))))


def _mistakes(rows: Sequence[Decided], rejected: NDArray[np.bool_], explained: Floats) -> list[str]:
    """Comments whose verdict all the other decisions contradict: worth a second reading, by a person."""
    against = np.abs(explained - rejected)
    order = np.argsort(-against)[:MISTAKES_TOLD]
    return [rows[at].id for at in order if against[at] >= SURELY_OTHERWISE]


def _shadow(current: SiteHead | None, new: SiteHead, shipped: FirstBasis, rows: Sequence[Decided]) -> dict[str, float]:
    """Beside the model in service on the newest decisions: how far its opinions move, and how many change sides."""
    newest = rows[-500:]
    before, after = _chances(current, shipped, newest), _chances(new, shipped, newest)
    return {
        "comments": len(newest),
        "moved": round(float(np.abs(after - before).mean()), 4),
        "changed_sides": round(float(((before > 0.5) != (after > 0.5)).mean()), 4),
    }


def _save(head: SiteHead, folder: Any, judged: Judgement, share: float) -> str:
    digest = hashlib.sha256(head.light.words.tobytes() + head.light.attributes.tobytes()).hexdigest()[:10]
    name = f"site-{digest}"
    manifest = {
        **head.manifest, "version": f"{head.manifest['shipped']}+{name}", "gate": judged.figures,
        "contradicted": round(share, 4),
    }  # fmt: skip
    replace(head, manifest=manifest).save(folder / name)
    shelf.set_candidate(folder, name)
    return name
