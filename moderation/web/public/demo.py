"""The demonstration: an article as a news site would show it, with comments by one script tag."""

from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, render_template
from flask_babel import gettext as _

from moderation.services.seed_demo import HOURS_AGO, TITLE, thread_url
from moderation.web.problems import Problem
from moderation.web.public import template_words
from moderation.web.public.error_pages import error_page
from moderation.web.public.plain_form import Place, new_form
from moderation.wiring import Wiring

FULL_NIGHTS = (("Nov", 11), ("Dec", 19), ("Jan", 27), ("Feb", 22), ("Mar", 14), ("Apr", 6))


def demo_blueprint(wiring: Wiring) -> Blueprint:
    demo = Blueprint("demo", __name__)
    demo.context_processor(template_words.language)
    settings = wiring.settings

    @demo.get("/demo/")
    def article() -> Response:
        if not settings.demo:
            return error_page(Problem(404, _("There is nothing here.")))
        now = datetime.now(UTC)
        place = Place(settings.site_key, thread_url(settings), TITLE)
        html = render_template(
            "demo/article.html", site_key=settings.site_key, thread_url=place.url, thread_title=place.title,
            plain_url=place.page(), form=new_form(wiring, place), printed=now,
            published=now - timedelta(hours=HOURS_AGO), full_nights=FULL_NIGHTS,
        )  # fmt: skip
        response = Response(html)
        response.headers["Cache-Control"] = "no-store"
        return response

    return demo
