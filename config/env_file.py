"""Reads NAME=value files (.env, secrets.env): no expansion, no export, quotes optional."""

from pathlib import Path


def read_env_file(path: Path) -> dict[str, str]:
    """The names and values of the file; nothing when there is no such file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line and not line.lstrip().startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}
