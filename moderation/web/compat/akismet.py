"""Akismet 1.1 and 1.2, whose clients change a host name. Always 200 and a word in plain text, without a newline.

The key comes as a field, in the query or as the first label of the host. `X-akismet-debug-help` goes out with an
answer of `invalid` alone, since one client takes it for an error whatever the body says.
"""

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException, TooManyRequests

from moderation.domain.comment import Band
from moderation.domain.site import Site
from moderation.services import shown_texts
from moderation.services.api_keys import KEY, Key
from moderation.services.assess_text import judge
from moderation.services.feedback import Feedback, TooMuchFeedback, take_feedback
from moderation.services.shown_texts import Shown
from moderation.storage.database import Unavailable
from moderation.web.compat import akismet_reports as reports
from moderation.web.compat.akismet_fields import BadFields, read_fields
from moderation.web.compat.door import Door, allow_bytes

MOST_BYTES = 1024 * 1024
THANKS = "Thanks for making the web a better place."
SURELY_SPAM = frozenset({"viagra-test-123", "akismet-guaranteed-spam"})
SURELY_SPAM_EMAIL = "akismet-guaranteed-spam@example.com"
TEXT = "text/plain; charset=utf-8"
log = structlog.get_logger(__name__)

Fields = Mapping[str, str]


class Akismet:
    """Each call by its name; what is not named here is not there."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self.calls: dict[str, Any] = {
            "verify-key": lambda holder, fields: _text("valid"),
            "comment-check": self._check,
            "submit-spam": lambda holder, fields: self._submit(holder, fields, "spam"),
            "submit-ham": lambda holder, fields: self._submit(holder, fields, "approved"),
            "usage-limit": lambda holder, fields: reports.usage_limit(door.usage, holder, _days(door)),
            "key-sites": lambda holder, fields: reports.key_sites(door.usage, holder, fields, _days(door)),
            "get-stats": lambda holder, fields: reports.stats(door.usage, holder, fields, _days(door)),
            "get-subscription": lambda holder, fields: reports.subscription(holder),
            "token": lambda holder, fields: _text(""),
            "deactivate": lambda holder, fields: _text("deactivated"),
        }

    def answer(self, call: str, fields: Fields) -> Response:
        if call == "test":
            return _text("connected")
        handle = self.calls.get(call)
        if handle is None:
            return _text("There is no such call.", status=404)
        key = _key(fields)
        holder = self._door.admit(key) if key else None
        if holder is None:
            return _invalid("The key is not valid." if key else 'Empty "api_key" value')
        response: Response = handle(holder, fields)
        return response

    def _check(self, holder: Key, fields: Fields) -> Response:
        # Coral sends an empty address where it was told to keep addresses to itself.
        if not fields.get("blog") or "user_ip" not in fields:
            return _invalid(f'Empty "{"user_ip" if fields.get("blog") else "blog"}" value')
        headers = {"X-akismet-guid": secrets.token_hex(16)}
        known = _known_answer(fields)
        if known is None:
            site = self._door.wiring.sites.by_key(holder.site_key)
            assert site is not None  # a key's site is a foreign key
            judged = judge(
                self._door.wiring, site, fields.get("comment_content", ""), name=fields.get("comment_author", ""),
                website=fields.get("comment_author_url", ""), trapped=_trapped(fields), alone=True,
            )  # fmt: skip
            if judged.band is Band.UNSCORED and not judged.is_spam:
                # The plugin holds a comment that got no answer, and asks again later. `false` would publish it.
                return _text("The classifier is not available.", status=503, headers={"Retry-After": "60"})
            known, again = judged.is_spam, 0
            if judged.is_doubtful:
                known, again = self._look_again(site, fields)
            if again:
                headers["X-akismet-recheck-after"] = str(again)
            if judged.is_blatant:
                headers["X-akismet-pro-tip"] = "discard"
        if not _is_test(fields):
            self._door.usage.count(holder.id, "spam" if known else "ham", blog=_blog(fields))
        return _text("true" if known else "false", headers=headers)

    def _look_again(self, site: Site, fields: Fields) -> tuple[bool, int]:
        """(whether a worker found it to be spam, in how many seconds to ask again). A call that says why it asks again
        gets what there is; only a new text, or one that was edited, is given to a worker."""
        shown = Shown(
            fields.get("comment_content", ""), fields.get("comment_author", ""), fields.get("comment_author_url", "")
        )
        begins = fields.get("recheck_reason", "") in ("", "edit") and not _is_test(fields)
        answer = shown_texts.ask(self._door.wiring, site, shown, may_begin=begins)
        return answer.spam, answer.ask_again_s

    def _submit(self, holder: Key, fields: Fields, verdict: Any) -> Response:
        if not _is_test(fields):
            source = "akismet.submit-spam" if verdict == "spam" else "akismet.submit-ham"
            value = {"spam": 1.0 if verdict == "spam" else 0.0}
            text = fields.get("comment_content", "")
            try:
                take_feedback(self._door.wiring, holder, Feedback(source, text, verdict, value))
            except TooMuchFeedback:
                raise TooManyRequests(retry_after=3600) from None
            what = "missed_spam" if verdict == "spam" else "false_positives"
            self._door.usage.count(holder.id, what, blog=_blog(fields))
        return _text(THANKS)


def akismet_blueprint(door: Door) -> Blueprint:
    compat = Blueprint("akismet", __name__)
    akismet = Akismet(door)

    @compat.route("/1.1/<call>", methods=["GET", "POST"])
    @compat.route("/1.2/<call>", methods=["GET", "POST"])
    def call(call: str) -> Response:
        allow_bytes(MOST_BYTES)
        try:
            fields = read_fields(request)
        except BadFields as error:
            return _invalid(str(error))
        return akismet.answer(call, fields)

    @compat.errorhandler(TooManyRequests)
    def too_many(error: TooManyRequests) -> Response:
        wait = str(error.retry_after or 1)
        return _text("Too many at once.", status=429, headers={"Retry-After": wait})

    @compat.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        return _text(error.name, status=error.code or 400)

    @compat.errorhandler(Unavailable)
    def unavailable(_error: Unavailable) -> Response:
        return _text("The database is away.", status=503, headers={"Retry-After": "60"})

    @compat.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        log.error("request.failed", error=type(error).__name__)
        return _text("Something broke on our side.", status=500)

    return compat


def _text(body: str, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(body, status, dict(headers or {}), content_type=TEXT)


def _invalid(why: str) -> Response:
    return _text("invalid", headers={"X-akismet-debug-help": why})


def _key(fields: Fields) -> str:
    label, dot, _rest = request.host.partition(".")
    in_host = label if dot and KEY.fullmatch(label) else ""
    return fields.get("api_key") or fields.get("key") or in_host


def _known_answer(fields: Fields) -> bool | None:
    """The values that Akismet documents for trying a client out. The first one wins over the second."""
    name = fields.get("comment_author", "").replace("\u2011", "-")  # as their page has it
    email = fields.get("comment_author_email", "").replace("\u2011", "-")
    if name in SURELY_SPAM or email == SURELY_SPAM_EMAIL:
        return True
    if fields.get("user_role") == "administrator":
        return False
    return None


def _trapped(fields: Fields) -> bool:
    trap = fields.get("honeypot_field_name", "")
    return bool(trap and fields.get(trap))


def _is_test(fields: Fields) -> bool:
    return fields.get("is_test", "").lower() in ("1", "true")


def _blog(fields: Fields) -> str:
    """The host alone: a blog is named with and without https://, paths and slashes."""
    given = fields.get("blog", "").strip()
    try:
        host = urlsplit(given if "//" in given else f"//{given}").hostname or ""
    except ValueError:
        return ""
    return "".join(c for c in host if c.isprintable() and not "\ud800" <= c <= "\udfff")


def _days(door: Door) -> int:
    return door.wiring.clock.now_us() // reports.DAY_US
