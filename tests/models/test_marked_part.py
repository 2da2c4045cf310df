"""A command writes its own part of a document and leaves the rest."""

from pathlib import Path

from models.marked_part import write_between

MARKS = ("<!-- begin -->\n", "<!-- end -->\n")


def test_only_what_stands_between_the_marks_is_replaced(tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text("Before.\n<!-- begin -->\nold\n<!-- end -->\nAfter.\n", encoding="utf-8")
    for _ in range(2):
        write_between(document, MARKS, "new\n")
        assert document.read_text(encoding="utf-8") == "Before.\n<!-- begin -->\nnew\n<!-- end -->\nAfter.\n"


def test_where_the_marks_are_missing_the_part_comes_last(tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text("Before.\n", encoding="utf-8")
    write_between(document, MARKS, "new\n")
    assert document.read_text(encoding="utf-8") == "Before.\n<!-- begin -->\nnew\n<!-- end -->\n"
