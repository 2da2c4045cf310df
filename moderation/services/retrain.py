"""Fit a site's own head from its moderators' decisions, and let it stand as candidate if it passes the gate.

One head serves both looks: the second sees the site's words and sentence vectors, the first what distilling leaves.

Nothing goes into service here: a candidate waits, with what it would have decided otherwise, for `promote`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from models import shelf
from models.artefact import ModelDamaged, ModelMissing
from models.decided import Decided, capped
from models.learning import Learnt, enough, learn
from models.second_look import FirstBasis
from models.site_head import Shipped, SiteHead, TooFewDecisions
from models.site_look import Remembering
from moderation.domain.comment import State
from moderation.domain.site import Site
from moderation.services.realised_error import DAY_US
from moderation.storage import audit, labels, second_readings, sentence_vectors
from moderation.storage.rows import Record

if TYPE_CHECKING:
    from models.classifier import Classifier
    from moderation.checks.second_look import SecondScorer
    from moderation.wiring import Wiring

MOST_ROWS = 3_000
# Whoever holds a key can send verdicts: all keys together teach no more than this share.
SENT_AT_MOST = 0.1


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

    def keep(conn: Connection) -> None:
        audit.record(
            conn, actor=actor, action="head.candidate" if done.name else "head.refused", subject=f"site:{site.id}",
            site_id=site.id, at=now, details=details,
        )  # fmt: skip
        second_readings.offer(conn, site.id, done.mistakes, at=now)

    wiring.database.write(keep)
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
    return Decided(id, row.text, row.verdict != State.APPROVED, weight, author, thread, at=row.at)


def _retrain(wiring: "Wiring", site: Site, rows: list[Decided], second: "SecondScorer | None") -> Retrained:
    classifier = wiring.scorer.current()
    if classifier is None:
        return Retrained(None, [wiring.scorer.problem or "there is no model to stand on"], len(rows))
    words_alone = _why_without(second)
    try:
        enough(rows)
        shipped = _shipped(wiring, classifier, rows, second)
        found = learn(rows, shipped, head_in_service(wiring, site, classifier.version))
    except TooFewDecisions as few:
        return Retrained(None, [str(few)], len(rows), words_alone=words_alone)
    name = None if found.reasons else _save(found, wiring.settings.site_heads_dir / site.id)
    return Retrained(
        name, found.reasons, len(rows), found.figures, found.shadow, found.apart, found.mistakes, words_alone
    )


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


def _save(learnt: Learnt, folder: Path) -> str:
    head = learnt.head
    weights = (array.tobytes() for part in (head.light, head.full) for array in (part.words, part.attributes))
    name = f"site-{hashlib.sha256(b''.join(weights)).hexdigest()[:10]}"
    manifest = {
        **head.manifest, "version": f"{head.manifest['shipped']}+{name}", "gate": learnt.figures,
        **learnt.remembered,
    }  # fmt: skip
    replace(head, manifest=manifest).save(folder / name)
    shelf.set_candidate(folder, name)
    return name
