"""That somebody took a copy of the log is itself an event."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from moderation.storage import audit

if TYPE_CHECKING:
    from moderation.wiring import Wiring


def exported(wiring: "Wiring", moderator_id: str, asked: Mapping[str, str]) -> None:
    who, now = f"moderator:{moderator_id}", wiring.clock.now_us()
    wiring.database.write(
        lambda conn: audit.record(conn, actor=who, action="log.exported", subject=who, at=now, details=dict(asked))
    )
