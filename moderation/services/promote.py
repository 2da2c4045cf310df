"""Put a model into service, or take it back: one step, recorded, in force everywhere two seconds later."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from models import shelf
from models.site_head import SiteHead
from moderation.domain.site import Site
from moderation.storage import audit

if TYPE_CHECKING:
    from moderation.wiring import Wiring


def promote(wiring: "Wiring", site: Site | None, name: str | None = None, *, actor: str) -> str:
    """A site's candidate head, or for all sites the candidate model. Raises ModelMissing or ModelDamaged."""
    folder, opened = _shelf(wiring, site)
    return _recorded(wiring, site, "promoted", shelf.promote(folder, name, opened), actor)


def rollback(wiring: "Wiring", site: Site | None, *, actor: str) -> str:
    """Back to the one before. A site's first head has none before it: it is then taken out of service."""
    folder, opened = _shelf(wiring, site)
    if site is not None and (folder / shelf.CURRENT).exists() and not (folder / shelf.PREVIOUS).exists():
        name = shelf.pointed(folder, shelf.CURRENT)
        shelf.set_candidate(folder, name)
        (folder / shelf.CURRENT).unlink()
        return _recorded(wiring, site, "rolled_back", "the shipped model", actor)
    return _recorded(wiring, site, "rolled_back", shelf.rollback(folder, opened), actor)


def _shelf(wiring: "Wiring", site: Site | None) -> tuple[Path, Callable[[Path, str], object]]:
    if site is None:
        return wiring.settings.model_dir, shelf.open_model
    return wiring.settings.site_heads_dir / site.id, lambda folder, name: SiteHead.load(folder / name)


def _recorded(wiring: "Wiring", site: Site | None, what: str, name: str, actor: str) -> str:
    now = wiring.clock.now_us()
    wiring.database.write(
        lambda conn: audit.record(
            conn, actor=actor, action=f"{'head' if site else 'model'}.{what}", at=now,
            subject=f"site:{site.id}" if site else f"model:{name}", site_id=site.id if site else None,
            details={"in_service": name},
        )
    )  # fmt: skip
    return name
