"""The part of a document that a command writes anew: what stands between two marks."""

from pathlib import Path


def write_between(path: Path, marks: tuple[str, str], text: str) -> None:
    """Where the first mark is missing, it is added at the end."""
    before, _, rest = path.read_text(encoding="utf-8").partition(marks[0])
    after = rest.partition(marks[1])[2]
    path.write_text(before + marks[0] + text + marks[1] + after, encoding="utf-8")
