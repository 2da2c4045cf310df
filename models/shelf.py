"""A folder of models and three pointer files: `candidate`, `current`, `previous`, each with the name of one.

A pointer is replaced by a rename, so a reader sees the old model or the new one and never half of either.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from models import artefact
from models.artefact import ModelDamaged, ModelMissing
from models.classifier import Classifier

CANDIDATE, CURRENT, PREVIOUS = "candidate", "current", "previous"
SECOND_LOOK = "second-look"  # which second look stands behind the current model
SHIPPED = Path(__file__).parent / "artefacts"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


def open_current(shelf: Path = SHIPPED) -> Classifier:
    """The model in service. Raises ModelMissing or ModelDamaged."""
    return open_model(shelf, pointed(shelf, CURRENT))


def open_model(shelf: Path, name: str) -> Classifier:
    return Classifier.from_artefact(artefact.load(shelf / name))


def pointed(shelf: Path, pointer: str) -> str:
    try:
        name = (shelf / pointer).read_text(encoding="ascii").strip()
    except FileNotFoundError as error:
        raise ModelMissing(f"{shelf} has no {pointer} model") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ModelDamaged(f"the pointer {shelf / pointer} cannot be read: {error}") from error
    if not _NAME.fullmatch(name):
        raise ModelDamaged(f"the pointer {shelf / pointer} holds no model name")
    return name


def fingerprint(shelf: Path = SHIPPED) -> str:
    """Changes whenever another model comes into service; one small read, for a running process to compare."""
    try:
        return pointed(shelf, CURRENT)
    except (ModelMissing, ModelDamaged) as problem:
        return f"!{problem}"


def set_candidate(shelf: Path, name: str) -> None:
    _point(shelf, CANDIDATE, name)


def promote(shelf: Path, name: str | None = None, opened: Callable[[Path, str], object] = open_model) -> str:
    """Put the candidate, or the model of that name, into service once it has been read and tried whole by opened."""
    name = name or pointed(shelf, CANDIDATE)
    opened(shelf, name)
    replaced = pointed(shelf, CURRENT) if (shelf / CURRENT).exists() else None
    if replaced and replaced != name:
        _point(shelf, PREVIOUS, replaced)
    _point(shelf, CURRENT, name)
    return name


def rollback(shelf: Path, opened: Callable[[Path, str], object] = open_model) -> str:
    """Back to the previous model, which changes places with the current one."""
    name, replaced = pointed(shelf, PREVIOUS), pointed(shelf, CURRENT)
    opened(shelf, name)
    _point(shelf, CURRENT, name)
    _point(shelf, PREVIOUS, replaced)
    return name


def set_second_look(shelf: Path, name: str) -> None:
    """Put a second look into service. It is read whole, and tried with its encoder, by whoever opens it."""
    artefact.load(shelf / name)
    _point(shelf, SECOND_LOOK, name)


def _point(shelf: Path, pointer: str, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no model name")
    handle, temporary = tempfile.mkstemp(dir=shelf, prefix=f".{pointer}-")
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(name + "\n")
        out.flush()
        os.fsync(out.fileno())
    Path(temporary).chmod(0o644)
    Path(temporary).replace(shelf / pointer)
