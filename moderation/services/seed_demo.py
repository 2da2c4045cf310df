"""Give the demonstration article some forty comments, sent the way readers send theirs.

Nothing is decided here: each comment goes through `submit`, so what the classifier and the checks make of
it is what a newcomer sees. A second run adds nothing, since every comment has its own idempotency key.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.settings import Settings
from moderation.checks.context import Form
from moderation.domain.comment import State
from moderation.domain.site import Site
from moderation.services.submission import Refused, SubmitComment, Submitted
from moderation.services.submit import submit
from moderation.storage import comments, tallies

if TYPE_CHECKING:
    from moderation.wiring import Wiring

COMMENTS = Path(__file__).resolve().parent.parent / "demo_data" / "comments.json"
TITLE = "Council votes 5–4 to turn the Mill Street bus depot into a night shelter"
HOURS_AGO = 48
MINUTE_US = 60_000_000


def thread_url(settings: Settings) -> str:
    return f"{settings.public_url}/demo/"


def seed(wiring: "Wiring") -> int:
    """How many comments were added. Readers answer what they can see: a reply waits until its parent is shown."""
    site = wiring.sites.by_key(wiring.settings.site_key)
    if site is None:
        return 0
    now = wiring.clock.now_us()
    shown: dict[str, str] = {}
    added = 0
    for item in json.loads(COMMENTS.read_text(encoding="utf-8")):
        if item["parent"] and item["parent"] not in shown:
            continue
        parent = shown.get(item["parent"])
        done = _send(wiring, site, item, parent, at=now - item["minutes_ago"] * MINUTE_US)
        if done is not None:
            added += not done.repeated
            if _is_shown(wiring, done):
                shown[item["key"]] = done.id
    if added:
        # They came in with old ids, past the eyes of who counts.
        wiring.database.write(tallies.forget)
    return added


def _send(wiring: "Wiring", site: Site, item: dict[str, Any], parent: str | None, at: int) -> Submitted | None:
    url = thread_url(wiring.settings)
    command = SubmitComment(
        site=site, thread_url=url, thread_title=TITLE, name=item["name"], email=item["email"],
        website=item["website"], text=item["comment"], parent=parent, network_address="192.0.2.1",
        form=Form(token="ok", age_s=45.0), idempotency_key=f"{item['key']} {url}"[:255], received_at=at,
    )  # fmt: skip
    try:
        return submit(wiring, command)
    except Refused:
        # On a later run a moderator may have closed the thread: then it stays as it is.
        return None


def _is_shown(wiring: "Wiring", done: Submitted) -> bool:
    """As it stands now: a repeated request is answered with what was decided at first."""
    if not done.repeated:
        return done.state is State.APPROVED
    with wiring.database.read() as conn:
        row = comments.place_of(conn, done.id)
    return row is not None and row.state == State.APPROVED
