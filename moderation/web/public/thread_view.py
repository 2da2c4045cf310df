"""Arrange a page of comments as the plain page draws it: four levels, then flat; as thread.js does."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from flask_babel import format_datetime, format_timedelta

from moderation.storage.rows import Record
from moderation.web.public.times import iso

LEVELS = 4


@dataclass(frozen=True, slots=True)
class Shown:
    """A comment in the words of a page."""

    id: str
    name: str
    website: str
    text: str
    created_at: str
    exact: str
    relative: str


@dataclass(slots=True)
class Node:
    comment: Shown
    level: int
    siblings: list["Node"]
    children: list["Node"] = field(default_factory=list)
    answers: Shown | None = None  # set where the indent no longer says whom it answers


def moment(at_us: int, now_us: int) -> dict[str, str]:
    """How long ago, for the eye, and the full date for whoever points at it."""
    at = datetime.fromtimestamp(at_us / 1_000_000, UTC)
    ago = at - datetime.fromtimestamp(now_us / 1_000_000, UTC)
    return {
        "exact": format_datetime(at, "full"), "relative": format_timedelta(ago, add_direction=True, threshold=1),
    }  # fmt: skip


def shown(row: Record, now_us: int) -> Shown:
    return Shown(
        id=row.id, name=row.name, website=row.website, text=row.text, created_at=iso(row.created_at),
        **moment(row.created_at, now_us),
    )  # fmt: skip


def arrange(rows: Sequence[Record], now_us: int) -> list[Node]:
    """Rows come oldest first, so a parent is met before its replies; a reply whose parent is on an
    earlier page stands at the first level."""
    roots: list[Node] = []
    known: dict[str, Node] = {}
    under: dict[str, str] = {}
    for row in rows:
        parent = known.get(row.parent_id or "")
        known[row.id] = _place(shown(row, now_us), parent, roots, under)
        if parent is not None:
            under[row.id] = parent.comment.id
    return roots


def _place(comment: Shown, parent: Node | None, roots: list[Node], under: dict[str, str]) -> Node:
    if parent is None:
        node = Node(comment, 1, roots)
        roots.append(node)
    elif parent.level < LEVELS:
        node = Node(comment, parent.level + 1, parent.children)
        parent.children.append(node)
    else:
        node = Node(comment, LEVELS + 1, parent.siblings, answers=parent.comment)
        parent.siblings.insert(_end_of_branch(parent, under), node)
    return node


def _end_of_branch(parent: Node, under: dict[str, str]) -> int:
    end = next(i for i, node in enumerate(parent.siblings) if node is parent) + 1
    while end < len(parent.siblings) and _is_below(parent.siblings[end].comment.id, parent.comment.id, under):
        end += 1
    return end


def _is_below(id: str, ancestor: str, under: dict[str, str]) -> bool:
    while id in under:
        id = under[id]
        if id == ancestor:
            return True
    return False
