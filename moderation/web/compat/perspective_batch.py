"""Google's /batch: a multipart/mixed body of whole HTTP requests, answered by one of whole HTTP answers."""

import secrets
from collections.abc import Callable
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from http import HTTPStatus
from urllib.parse import parse_qs, unquote, urlsplit

from moderation.web.compat import perspective_errors as errors

MOST_CALLS = 1000
_PREFIX = "/v1alpha1/comments:"

Answer = Callable[[str, str, bytes], str]  # JSON


def answer_all(content_type: str, body: bytes, answer: Answer, outer_key: str) -> tuple[str, bytes]:
    """(Content-Type, body): one part a call, in order, each with its own status. Raises GoogleError for no batch."""
    calls = _parts(content_type, body)
    boundary = f"batch_{secrets.token_hex(16)}"
    answered = b"".join(_answered(boundary, part, answer, outer_key) for part in calls)
    return f"multipart/mixed; boundary={boundary}", answered + f"--{boundary}--\r\n".encode()


def _parts(content_type: str, body: bytes) -> list[Message]:
    if "\n" in content_type or "\r" in content_type:
        raise errors.unreadable("Failed to parse batch request.")
    head = f"Content-Type: {content_type}\r\n\r\n".encode("utf-8", "replace")
    try:
        whole = BytesParser(policy=HTTP).parsebytes(head + body)
        parts = whole.get_payload() if whole.is_multipart() else []
    except Exception:  # the parser has failed on hostile headers in more than one way
        parts = []
    found = [part for part in parts if isinstance(part, Message)] if isinstance(parts, list) else []
    if not found:
        raise errors.unreadable("Failed to parse batch request, error: 0 items. Received batch body: (no parts)")
    if len(found) > MOST_CALLS:
        raise errors.unreadable(f"The batch request has {len(found)} calls; {MOST_CALLS} is the most.")
    return found


def _answered(boundary: str, part: Message, answer: Answer, outer_key: str) -> bytes:
    try:
        status, told = 200, answer(*_call(_payload(part), outer_key))
    except Exception as raised:
        error = errors.of(raised)
        status, told = error.code, error.as_json()
    inner = told.encode("ascii")
    given = _header(part, "Content-ID")
    head = [f"--{boundary}", "Content-Type: application/http"]
    if given:
        head.append(f"Content-ID: <response-{given.strip().lstrip('<')}")
    head += ["", f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", "Content-Type: application/json; charset=UTF-8",
             f"Content-Length: {len(inner)}", "", ""]  # fmt: skip
    return "\r\n".join(head).encode("latin-1", "replace") + inner + b"\r\n"


def _payload(part: Message) -> bytes:
    try:
        payload = part.get_payload(decode=True)
    except Exception:  # as above
        payload = None
    return payload if isinstance(payload, bytes) else b""


def _header(part: Message, name: str) -> str:
    try:
        value = str(part.get(name) or "")
    except Exception:  # as above
        return ""
    return "".join(c for c in value if c.isprintable())[:200]


def _call(raw: bytes, outer_key: str) -> tuple[str, str, bytes]:
    """(operation, key, body) of "POST /v1alpha1/comments:analyze?key=… HTTP/1.1"."""
    blank = b"\r\n\r\n" if b"\r\n\r\n" in raw else b"\n\n"
    head, _, body = raw.lstrip().partition(blank)
    lines = head.decode("latin-1").splitlines()
    words = lines[0].split() if lines else []
    if len(words) < 2 or words[0] != "POST":
        raise errors.not_found()
    try:
        parts = urlsplit(words[1])
        query = parse_qs(parts.query, max_num_fields=100)
    except ValueError:
        raise errors.unreadable("Failed to parse batch request.") from None
    path = unquote(parts.path)
    if not path.startswith(_PREFIX) or path.removeprefix(_PREFIX) not in ("analyze", "suggestscore"):
        raise errors.not_found()
    headers = dict(line.split(":", 1) for line in lines[1:] if ":" in line)
    named = {name.strip().lower(): value.strip() for name, value in headers.items()}
    key = query.get("key", [""])[0] or named.get("x-goog-api-key", "") or outer_key
    return path.removeprefix(_PREFIX), key, body
