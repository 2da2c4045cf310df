"""The parts on OpenAI's moderations, Coral's external moderation phase and WordPress's comment form."""

from moderation.web.compat.document_words import FORM, HTML, RETRY_AFTER, STRING, Node, answer, body, fields, ref
from moderation.web.compat.openai import SERVED

_NULLABLE: Node = {"type": ["string", "null"]}
_ERROR = fields(
    {"message": STRING, "type": STRING, "param": _NULLABLE, "code": _NULLABLE}, "message", "type", "param", "code"
)


def _by_category(schema: Node) -> Node:
    return {"type": "object", "properties": dict.fromkeys(SERVED, schema), "required": list(SERVED)}


_RESULT = fields(
    {
        "flagged": {"type": "boolean"},
        "categories": _by_category({"type": "boolean"}),
        "category_scores": _by_category({"type": "number", "minimum": 0, "maximum": 1}),
        "category_applied_input_types": _by_category({"type": "array", "items": {"enum": ["text"]}}),
    },
    "flagged", "categories", "category_scores", "category_applied_input_types",
)  # fmt: skip
_PART = fields({"type": {"const": "text"}, "text": STRING}, "type", "text")
_INPUT: Node = {
    "anyOf": [
        STRING,
        {"type": "array", "items": STRING, "minItems": 1, "maxItems": 256},
        {"type": "array", "items": _PART, "minItems": 1, "maxItems": 256},
    ]
}
_CORAL_ERROR = fields({"error": STRING}, "error")
_FLAG = fields(
    {"actionType": {"const": "FLAG"}, "reason": {"enum": ["COMMENT_DETECTED_TOXIC", "COMMENT_DETECTED_SPAM"]}},
    "actionType", "reason",
)  # fmt: skip
SCHEMAS: Node = {
    "Moderation": fields(
        {"id": STRING, "model": STRING, "results": {"type": "array", "minItems": 1, "items": _RESULT}},
        "id", "model", "results",
    ),
    "OpenAIError": fields({"error": _ERROR}, "error"),
    "CoralRequest": fields(
        {
            "action": {"enum": ["NEW", "EDIT"]},
            "comment": fields({"body": STRING, "parentID": _NULLABLE}, "body"),
            "author": fields({"id": STRING, "role": {"enum": ["COMMENTER", "STAFF", "MODERATOR", "ADMIN"]}}),
            "story": fields({"id": STRING, "url": STRING}), "site": fields({"id": STRING}),
            "tenantID": STRING, "tenantDomain": STRING,
        },
        "comment",
    ),
    "CoralVerdict": fields(
        {"status": {"enum": ["REJECTED", "SYSTEM_WITHHELD"]}, "actions": {"type": "array", "items": _FLAG}}, "status"
    ),
    "CoralError": _CORAL_ERROR,
}  # fmt: skip

_MODERATIONS: Node = {
    "summary": "Scores in OpenAI's categories",
    "tags": ["OpenAI"],
    "security": [{"bearer": []}],
    "requestBody": body(fields({"input": _INPUT, "model": STRING}, "input")),
    "responses": {
        "200": answer("One result a text.", ref("Moderation")),
        "400": answer("What is wrong with the request.", ref("OpenAIError")),
        "401": answer("The key does not work.", ref("OpenAIError")),
        "413": answer("Larger than 4 MiB.", ref("OpenAIError")),
        "429": answer("More than this key may ask.", ref("OpenAIError"), headers=RETRY_AFTER),
        "503": answer("The classifier or the database is away.", ref("OpenAIError")),
    },
}
_SIGNATURE: Node = {
    "name": "X-Coral-Signature", "in": "header", "required": True, "schema": STRING,
    "description": "sha256= and HMAC-SHA256 of the body in hexadecimal; several with commas between them.",
}  # fmt: skip
_PHASE: Node = {
    "summary": "The site's verdict on a new or edited comment",
    "tags": ["Coral"],
    "parameters": [{"name": "id", "in": "path", "required": True, "schema": STRING}, _SIGNATURE],
    "requestBody": body(ref("CoralRequest")),
    "responses": {
        "200": answer("Rejected or withheld.", ref("CoralVerdict")),
        "204": {"description": "No objection."},
        "400": answer("The body is no comment of Coral's.", ref("CoralError")),
        "401": answer("The address or the signature is not right.", ref("CoralError")),
        "404": answer("No such address.", {}),
        "413": answer("Larger than 1 MiB.", ref("CoralError")),
        "429": answer("More than this key may ask.", ref("CoralError"), headers=RETRY_AFTER),
        "503": answer("The database is away.", ref("CoralError")),
    },
}
_PAGE: Node = {"schema": STRING}


def _told(description: str) -> Node:
    """A page; to who asks for JSON the same as WordPress's JSON."""
    died = fields({"code": STRING, "message": STRING, "data": {"type": "object"}}, "code", "message", "data")
    return {"description": description, "content": {HTML: _PAGE, "application/json": {"schema": died}}}


_FIELDS = (
    "author email url comment comment_post_ID comment_parent redirect_to wp-comment-cookies-consent ak_hp_textarea"
).split()
_FORM = fields(dict.fromkeys(_FIELDS, STRING), "author", "email", "comment", "comment_post_ID")
_POST: Node = {
    "summary": "A comment, from a WordPress theme's form",
    "tags": ["WordPress"],
    "parameters": [
        {"name": name, "in": "query", "schema": STRING, "description": what}
        for name, what in (("site", "The site's key."), ("url", "The page that is commented on."))
    ],
    "requestBody": body(_FORM, FORM),
    "responses": {
        "200": _told("A field at fault, told on a page as WordPress does; empty for a post that nobody knows."),
        "302": {"description": "Taken: back to the page."},
        "403": _told("Closed, or another site's page."),
        "409": _told("Said before."),
        "413": _told("Too large."),
        "429": _told("Too fast."),
        "503": _told("The database is away."),
    },
}
PATHS: Node = {
    "/v1/moderations": {"post": _MODERATIONS},
    "/coral/phase/{id}": {"post": _PHASE},
    "/wp-comments-post.php": {"post": _POST},
}
