"""What the public templates need beside their data: language, paragraphs, and names that stay in their place."""

import re

from flask import Blueprint
from flask_babel import get_locale
from markupsafe import Markup

from moderation.web.public import fields
from moderation.web.public.thread_view import Shown

_ISOLATED = Markup("<bdi>{}</bdi>")
_LINKED = Markup('<a href="#comment-{}"><bdi>{}</bdi></a>')


def paragraphs(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]


def isolated(name: str) -> Markup:
    """A name inside a sentence, whose own direction cannot turn the sentence around."""
    return _ISOLATED.format(name)


def comment_link(comment: Shown) -> Markup:
    return _LINKED.format(comment.id, comment.name)


def language() -> dict[str, str]:
    locale = get_locale()
    return {
        "lang": str(locale or "en").replace("_", "-"), "direction": locale.text_direction if locale else "ltr",
    }  # fmt: skip


def add_to(blueprint: Blueprint) -> None:
    blueprint.add_app_template_filter(paragraphs)
    blueprint.add_app_template_filter(isolated)
    blueprint.add_app_template_filter(comment_link)
    blueprint.add_app_template_filter(fields.web_address, "web_link")
    blueprint.context_processor(language)
