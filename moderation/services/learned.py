"""What a site has taught: which head is in service and which waits, what the gate measured, and who did what; and the
same of the model of all sites."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moderation.domain.site import Site
from moderation.storage import audit, labels, second_readings
from moderation.storage.rows import Record

if TYPE_CHECKING:
    from moderation.wiring import Wiring

FITTED, REFUSED, PROMOTED, ROLLED_BACK = "head.candidate", "head.refused", "head.promoted", "head.rolled_back"
ACTIONS = (FITTED, REFUSED, PROMOTED, ROLLED_BACK)
MODEL_PROMOTED, MODEL_ROLLED_BACK = "model.promoted", "model.rolled_back"
HISTORY, OFFERED, MODEL_HISTORY = 12, 20, 6


class Changed(Exception):
    """It is not what was shown: another candidate came, or somebody changed what is in service."""


class Unusable(Exception):
    """Files of a head are missing or damaged."""


@dataclass(frozen=True, slots=True)
class Report:
    """One fit, as it was written down: figures of the gate, what the newest decisions would have been, who and when."""

    at: int
    name: str | None
    decisions: int
    reasons: list[str]
    figures: dict[str, float]
    shadow: dict[str, float]


@dataclass(frozen=True, slots=True)
class Learned:
    """`current`, `candidate`, `previous`: names, or None; `last`: the newest fit, if it gave no candidate."""

    current: str | None
    candidate: str | None
    previous: str | None
    of_current: Report | None
    of_candidate: Report | None
    last: Report | None
    history: list[Record]
    decisions: int
    readings: list[Record]
    reading_count: int
    answered: dict[str, int]


@dataclass(frozen=True, slots=True)
class Model:
    """Of all sites: names, or None."""

    current: str | None
    candidate: str | None
    previous: str | None
    history: list[Record]


def model(wiring: "Wiring") -> Model:
    with wiring.database.read() as conn:
        history = audit.of_models(conn, (MODEL_PROMOTED, MODEL_ROLLED_BACK), limit=MODEL_HISTORY)
    return Model(*_names(wiring, None), history)


def of(wiring: "Wiring", site: Site) -> Learned:
    current, waits, previous = _names(wiring, site)
    with wiring.database.read() as conn:
        events = audit.of(conn, f"site:{site.id}", ACTIONS, limit=200)
        decisions = labels.count(conn, site.id, since=0)
        readings = second_readings.waiting(conn, site.id, limit=OFFERED)
        reading_count, answered = second_readings.count(conn, site.id), second_readings.answered(conn, site.id)
    fits = [_report(row) for row in events if row.action in (FITTED, REFUSED)]
    by_name = {report.name: report for report in reversed(fits) if report.name}
    last = fits[0] if fits and fits[0].name is None else None
    return Learned(
        current, waits, previous, by_name.get(current or ""), by_name.get(waits or ""), last, events[:HISTORY],
        decisions, readings, reading_count, answered,
    )  # fmt: skip


def put_into_service(wiring: "Wiring", site: Site | None, name: str, *, actor: str) -> None:
    """`name`: what was shown: a candidate that came since is not promoted unseen. `site`: None for the model of all.
    Raises Changed or Unusable."""
    from moderation.services.promote import promote

    if name != _pointed(wiring, site, "candidate") or name == _pointed(wiring, site, "current"):
        raise Changed
    _done(lambda: promote(wiring, site, name, actor=actor))


def take_back(wiring: "Wiring", site: Site | None, name: str, *, actor: str) -> None:
    """`name`: what was shown as in service. Raises Changed or Unusable."""
    from moderation.services.promote import rollback

    if name != _pointed(wiring, site, "current"):
        raise Changed
    _done(lambda: rollback(wiring, site, actor=actor))


def _done(act: Callable[[], object]) -> None:
    from models.artefact import ModelDamaged, ModelMissing

    try:
        act()
    except (ModelMissing, ModelDamaged) as problem:
        raise Unusable from problem


def _names(wiring: "Wiring", site: Site | None) -> tuple[str | None, str | None, str | None]:
    """What is in service, what waits, and what was before."""
    current, candidate, previous = (_pointed(wiring, site, which) for which in ("current", "candidate", "previous"))
    return current, candidate if candidate != current else None, previous


def _pointed(wiring: "Wiring", site: Site | None, which: str) -> str | None:
    """What a pointer of a shelf names; read here, since the shelf's module imports much."""
    shelf = wiring.settings.site_heads_dir / site.id if site is not None else wiring.settings.model_dir
    try:
        return (shelf / which).read_text(encoding="ascii").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def _report(row: Record) -> Report:
    said: dict[str, Any] = json.loads(row.details)
    return Report(
        row.created_at, said.get("candidate"), int(said.get("decisions") or 0), list(said.get("reasons") or []),
        dict(said.get("figures") or {}), dict(said.get("shadow") or {}),
    )  # fmt: skip
