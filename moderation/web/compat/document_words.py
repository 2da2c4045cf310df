"""What the parts of the OpenAPI document have in common."""

from collections.abc import Mapping
from typing import Any

Node = dict[str, Any]
JSON, FORM, TEXT, HTML = "application/json", "application/x-www-form-urlencoded", "text/plain", "text/html"
KEY_IN_QUERY: Node = {"type": "apiKey", "in": "query", "name": "key", "description": "Twelve characters."}
STRING: Node = {"type": "string"}
RETRY_AFTER: Node = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "string"}}}


def ref(name: str) -> Node:
    return {"$ref": f"#/components/schemas/{name}"}


def answer(description: str, schema: Node, kind: str = JSON, *, headers: Mapping[str, Any] | None = None) -> Node:
    found: Node = {"description": description, "content": {kind: {"schema": schema}}}
    return {**found, "headers": dict(headers)} if headers else found


def body(schema: Node, *kinds: str) -> Node:
    return {"required": True, "content": {kind: {"schema": schema} for kind in kinds or (JSON,)}}


def fields(properties: Mapping[str, Any], *required: str) -> Node:
    """An object; what is not named here may be there too."""
    return {"type": "object", "properties": dict(properties), **({"required": list(required)} if required else {})}
