"""Read a posted body, JSON or form, and refuse what no form of ours would send."""

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from flask import Request
from flask_babel import gettext as _

from moderation.web.problems import Problem

MOST_BYTES = 64 * 1024
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def read_body(request: Request) -> Mapping[str, Any]:
    """The fields as sent; raises Problem 400, 413 or 415."""
    if request.mimetype in FORMS:
        return request.form
    if request.mimetype != "application/json":
        raise Problem(415, _("Send JSON or a form."), detail=_("Content-Type is %(kind)s.", kind=request.mimetype))
    try:
        document = json.loads(request.get_data(cache=False).decode("utf-8"), parse_constant=_no_constant)
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise Problem(400, _("This is not valid JSON."), detail=_("Send one JSON object, in UTF-8.")) from None
    if not isinstance(document, dict):
        raise Problem(400, _("This is not a JSON object."), detail=_("Send the fields as one object."))
    return document


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
