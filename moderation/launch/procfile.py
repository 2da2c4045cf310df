"""The Procfile: the commands that production runs, and that `run` runs too."""

from pathlib import Path


def read(path: Path) -> dict[str, str]:
    """Commands by process name, in the file's order."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    named = (line.partition(":") for line in lines if line and not line.startswith("#"))
    return {name.strip(): command.strip() for name, _, command in named}
