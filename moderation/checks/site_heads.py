"""The heads that sites taught: each changes its own site's opinions, and no other's."""

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from models import shelf
from models.artefact import ModelDamaged, ModelMissing
from models.classifier import Classifier
from moderation.domain.finding import Opinion

if TYPE_CHECKING:
    from models.site_head import SiteHead

LOOK_EVERY_S = 2.0


class SiteHeads:
    """A shelf a site, in folder/SITE_ID; read when first needed and again when another head is promoted."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._loading = threading.Lock()
        self._known: dict[str, tuple[float, str, SiteHead | None]] = {}

    def adjusted(
        self, opinions: Sequence[Opinion], texts: Sequence[str], site_id: str, classifier: Classifier
    ) -> Sequence[Opinion]:
        """The same opinions where the site has no head for this classifier.

        The interval spans both models' until a band was certified for the head: what is decided automatically is then
        what the shipped model would have decided and the head agrees with, so that few labels make nothing worse.
        """
        head = self._head(site_id)
        if head is None or head.manifest["shipped"] != classifier.version or not opinions:
            return opinions
        from models.calibration import sigmoid
        from models.second_look import FirstBasis

        logits = head.logit(FirstBasis(classifier).basis(texts))
        low, high = head.bounds(logits)
        return [
            replace(
                one, p_reject=p, low=min(below, one.low), high=max(above, one.high), model=head.manifest["version"]
            )
            for one, p, below, above in zip(
                opinions, sigmoid(logits).tolist(), low.tolist(), high.tolist(), strict=True
            )
        ]

    def _head(self, site_id: str) -> "SiteHead | None":
        if self._folder is None or not site_id:
            return None
        known = self._known.get(site_id)
        if known is not None and time.monotonic() - known[0] < LOOK_EVERY_S:
            return known[2]
        # Who finds somebody else loading goes on with what there is.
        if not self._loading.acquire(blocking=known is None):
            return known[2] if known is not None else None
        try:
            return self._look(site_id)
        finally:
            self._loading.release()

    def _look(self, site_id: str) -> "SiteHead | None":
        assert self._folder is not None
        folder, known = self._folder / site_id, self._known.get(site_id)
        found = shelf.fingerprint(folder) if folder.is_dir() else "!none"
        head = known[2] if known is not None else None
        if known is None or known[1] != found:
            try:
                head = None if found.startswith("!") else _opened(folder, found)
            except (ModelMissing, ModelDamaged, OSError):
                found = known[1] if known is not None else "!damaged"  # the one there was stays
        self._known[site_id] = (time.monotonic(), found, head)
        return head


def _opened(folder: Path, name: str) -> "SiteHead":
    from models.site_head import SiteHead

    return SiteHead.load(folder / name)
