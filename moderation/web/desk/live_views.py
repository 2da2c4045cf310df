"""Server-Sent Events: that something changed, never what.

GET /desk/live
    `text/event-stream`: `hello` at first, `changed` when something happened at one of the sites that this person may
    look at, `beat` every quarter of a minute. 204 where there is no place or no way: then ask `/desk/counts.json`.
"""

from collections.abc import Iterator

from flask import Blueprint, Response, request, stream_with_context

from moderation.web.desk import live
from moderation.web.desk.guard import COOKIE, moderator
from moderation.web.desk.live import Live
from moderation.wiring import Wiring


def register(desk: Blueprint, wiring: Wiring) -> None:
    streams = Live(wiring, wiring.settings.live_streams)
    desk.get("/live", endpoint="live")(lambda: _live(streams))


def _live(streams: Live) -> Response:
    connection = live.connection_of(request.environ)
    who, token = moderator().id, request.cookies.get(COOKIE, "")
    if connection is None or not streams.has_room(who):
        return Response(status=204)

    def begun() -> Iterator[bytes]:
        yield live.HELLO
        # The head of the answer and this much of it are sent by now.
        streams.adopt(connection, token, who)

    answer = Response(stream_with_context(begun()), content_type="text/event-stream; charset=utf-8")
    answer.headers["Content-Length"] = str(live.MOST_BYTES)
    answer.headers["Cache-Control"] = "no-store, no-transform"
    answer.headers["X-Accel-Buffering"] = "no"  # nginx would keep it to itself
    return answer


