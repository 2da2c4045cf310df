"""A model as data: one .npz of plain arrays and a manifest that names its hash. Never a pickle.

A file that is missing, cut short, altered, or written for another release line of scikit-learn is refused whole.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FORMAT = 1
ARRAYS, MANIFEST = "arrays.npz", "manifest.json"
MAX_BYTES = 200_000_000


class ModelMissing(Exception):
    """There is no model where one was expected."""


class ModelDamaged(Exception):
    """A model is there and must not be used: its files are not the ones its manifest describes."""


@dataclass(frozen=True)
class Artefact:
    arrays: dict[str, NDArray[Any]]
    manifest: dict[str, Any]


def versions() -> dict[str, str]:
    return {"scikit-learn": metadata.version("scikit-learn"), "numpy": np.__version__}


def save(folder: Path, arrays: dict[str, NDArray[Any]], manifest: dict[str, Any]) -> None:
    """Write both files and push them to disk; the manifest last, so that a half-written folder has none."""
    folder.mkdir(parents=True, exist_ok=True)
    packed = _pack(arrays)
    _write(folder / ARRAYS, packed)
    described = {
        "format": FORMAT,
        **manifest,
        "versions": versions(),
        "files": {ARRAYS: {"sha256": hashlib.sha256(packed).hexdigest(), "bytes": len(packed)}},
    }
    _write(folder / MANIFEST, (json.dumps(described, indent=1, ensure_ascii=False) + "\n").encode())


def load(folder: Path) -> Artefact:
    manifest = read_manifest(folder)
    try:
        described = manifest["files"][ARRAYS]
        if described["bytes"] > MAX_BYTES:
            size = described["bytes"]
            raise ModelDamaged(f"{folder.name}: {ARRAYS} is said to be {size} bytes, more than {MAX_BYTES}")
        packed = (folder / ARRAYS).read_bytes()
        found = hashlib.sha256(packed).hexdigest()
        if found != described["sha256"]:
            said = described["sha256"][:12]
            raise ModelDamaged(f"{folder.name}: {ARRAYS} has sha256 {found[:12]}…, its manifest says {said}…")
        with np.load(io.BytesIO(packed), allow_pickle=False) as opened:
            arrays = {name: opened[name] for name in opened.files}
    except FileNotFoundError as error:
        raise ModelMissing(f"{folder} has a manifest but no {ARRAYS}") from error
    except (OSError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise ModelDamaged(f"{folder.name}: {error}") from error
    return Artefact(arrays, manifest)


def read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelMissing(f"no model in {folder}: train one with `python -m models train --data DIR`") from error
    except (OSError, ValueError) as error:
        raise ModelDamaged(f"{folder.name}/{MANIFEST}: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ModelDamaged(f"{folder.name}: this code reads model format {FORMAT}, the manifest has another")
    line, ours = _release_line(manifest), _release_line({"versions": versions()})
    if line != ours:
        raise ModelDamaged(f"{folder.name} was written with scikit-learn {line}, this is {ours}: train again")
    return manifest


def _release_line(manifest: dict[str, Any]) -> str:
    stated = manifest.get("versions")
    return ".".join(str(stated.get("scikit-learn")).split(".")[:2]) if isinstance(stated, dict) else "unknown"


def _pack(arrays: dict[str, NDArray[Any]]) -> bytes:
    """A .npz without time stamps, so that the same training gives the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(arrays):
            single = io.BytesIO()
            np.lib.format.write_array(single, np.ascontiguousarray(arrays[name]), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), single.getvalue(), zipfile.ZIP_DEFLATED, 9)
    return buffer.getvalue()


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
