"""The heads that sites taught: each changes its own site's opinions, and no other's."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models import shelf
from models.artefact import ModelDamaged, ModelMissing
from models.classifier import Classifier
from moderation.domain.finding import Opinion

if TYPE_CHECKING:
    from models.second_look import SecondLook
    from models.site_head import Basis, SiteHead

LOOK_EVERY_S = 0.5  # one small file: a head that is taken back is out of force within a second


class SiteHeads:
    """A shelf a site, in folder/SITE_ID; read when first needed and again when another head is promoted."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._loading = threading.Lock()
        self._known: dict[str, tuple[float, str, SiteHead | None]] = {}

    def adjusted(
        self, opinions: Sequence[Opinion], texts: Sequence[str], site_id: str, classifier: Classifier
    ) -> Sequence[Opinion]:
        """The same opinions where the site has no head for this classifier."""
        head = self._head(site_id)
        if head is None or not head.fits_first(classifier.version) or not opinions:
            return opinions
        from models.second_look import FirstBasis

        return _adjusted(head, opinions, FirstBasis(classifier).basis(texts))

    def adjusted_again(
        self, opinions: Sequence[Opinion], texts: Sequence[str], vectors: NDArray[np.float32], site_id: str,
        look: "SecondLook",
    ) -> Sequence[Opinion]:  # fmt: skip
        """The same opinions of a second look where the site has no head that learnt from sentence vectors as well."""
        head = self._head(site_id)
        if head is None or not head.fits_second(look.version) or not opinions:
            return opinions
        return _adjusted(head, opinions, look.basis_of(texts, vectors))

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


def site_by_site(
    opinions: Sequence[Opinion], sites: Sequence[str], adjusted: Callable[[str, list[int]], Sequence[Opinion]]
) -> list[Opinion]:
    """The same opinions, those of each site as `adjusted` makes them of the site and of their places."""
    found = list(opinions)
    for site in dict.fromkeys(sites):
        own = [at for at, name in enumerate(sites) if name == site]
        for at, opinion in zip(own, adjusted(site, own), strict=True):
            found[at] = opinion
    return found


def _opened(folder: Path, name: str) -> "SiteHead":
    from models.site_head import SiteHead

    return SiteHead.load(folder / name)


def _adjusted(head: "SiteHead", opinions: Sequence[Opinion], basis: "Basis") -> list[Opinion]:
    """The interval spans both models' until a band was certified for the head: what is decided automatically is then
    what the shipped model would have decided and the head agrees with, so that few labels make nothing worse."""
    from models.calibration import sigmoid

    logits = head.logit(basis)
    low, high = head.bounds(logits, light=basis.vectors is None)
    own = str(head.manifest["version"]).rpartition("+")[2]
    return [
        replace(one, p_reject=p, low=min(below, one.low), high=max(above, one.high), model=f"{one.model}+{own}")
        for one, p, below, above in zip(opinions, sigmoid(logits).tolist(), low.tolist(), high.tolist(), strict=True)
    ]
