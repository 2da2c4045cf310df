"""The part on Akismet. Both versions have every call, by GET and by POST; the usual ones are written down."""

from moderation.web.compat.document_words import FORM, JSON, RETRY_AFTER, STRING, TEXT, Node, answer, body, fields

_COMMENT = (
    "user_agent referrer permalink comment_type comment_author comment_author_email comment_author_url comment_content "
    "comment_date_gmt comment_post_modified_gmt comment_parent blog_lang blog_charset user_role is_test recheck_reason "
    "honeypot_field_name comment_context"
).split()
_FIELDS = fields(dict.fromkeys(("api_key", "blog", "user_ip", *_COMMENT), STRING), "blog", "user_ip")
_KEY = fields({"api_key": STRING, "key": STRING, "blog": STRING, "from": STRING})
_ASKED: tuple[Node, ...] = tuple(
    {"name": name, "in": "query", "schema": schema}
    for name, schema in {
        "api_key": STRING, "month": {"type": "string", "pattern": r"^20\d\d-(0[1-9]|1[0-2])$"}, "filter": STRING,
        "format": {"enum": ["json", "csv"]}, "limit": {"type": "integer", "minimum": 0},
        "offset": {"type": "integer", "minimum": 0},
        "order": {"enum": ["total", "spam", "ham", "missed_spam", "false_positives"]},
    }.items()
)  # fmt: skip


def _header(description: str) -> Node:
    return {"description": description, "schema": STRING}


_INVALID = _header("Why, where the answer is `invalid`.")
_CHECKED: Node = {
    "X-akismet-guid": _header("One a check."),
    "X-akismet-pro-tip": _header("`discard`, with `true`: so plainly spam that nobody needs to see it."),
    "X-akismet-recheck-after": _header("Seconds, with `false`: a worker reads it meanwhile."),
    "X-akismet-debug-help": _INVALID,
}
_LATER: Node = {
    "413": answer("Larger than 1 MiB.", STRING, TEXT),
    "429": answer("More than this key may ask or teach.", STRING, TEXT, headers=RETRY_AFTER),
    "503": answer("The classifier or the database is away.", STRING, TEXT, headers=RETRY_AFTER),
}


def _call(summary: str, schema: Node, *words: str, headers: Node | None = None) -> Node:
    said: Node = {"type": "string", "enum": [*words, "invalid"]}
    told = headers or {"X-akismet-debug-help": _INVALID}
    return {
        "post": {
            "summary": summary, "tags": ["Akismet"], "requestBody": body(schema, FORM, JSON),
            "responses": {"200": answer("A word, without a newline.", said, TEXT, headers=told), **_LATER},
        }
    }  # fmt: skip


def _report(method: str, summary: str) -> Node:
    kinds: Node = {JSON: {"schema": {"type": "object"}}, TEXT: {"schema": STRING}, "text/csv": {"schema": STRING}}
    done: Node = {"description": "Figures, or `invalid`.", "content": kinds}
    asked: Node = {"parameters": list(_ASKED)} if method == "get" else {"requestBody": body(_KEY, FORM, JSON)}
    return {method: {"summary": summary, "tags": ["Akismet"], **asked, "responses": {"200": done, **_LATER}}}


_THANKS = "Thanks for making the web a better place."
PATHS: Node = {
    "/1.1/verify-key": _call("Does this key work?", _KEY, "valid"),
    "/1.1/comment-check": _call("Is this spam?", _FIELDS, "true", "false", headers=_CHECKED),
    "/1.1/submit-spam": _call("It was spam", _FIELDS, _THANKS),
    "/1.1/submit-ham": _call("It was none", _FIELDS, _THANKS),
    "/1.1/deactivate": _call("The plugin was switched off", _KEY, "deactivated"),
    "/1.1/token": _call("Asked by the plugin", _KEY, ""),
    "/1.2/usage-limit": _report("get", "How much this key was used this month"),
    "/1.2/key-sites": _report("get", "The same by blog, as JSON or CSV"),
    "/1.1/get-stats": _report("post", "Spam, ham and corrections by time"),
    "/1.1/get-subscription": _report("post", "Asked by the plugin"),
}
