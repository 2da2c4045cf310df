"""How each foreign protocol is connected: what to change, to what, and a request that shows whether it works."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

KEY = "YOUR-KEY"


@dataclass(frozen=True, slots=True)
class Recipe:
    """`steps`: what to do, each with what to copy (or nothing)."""

    how: str
    name: str
    what: str
    url: str
    steps: tuple[tuple[str, str], ...]
    limits: str
    tried_with: str  # what a live test needs: "key", "coral" or "site"


def recipes(public_url: str, key: str, site_key: str) -> list[Recipe]:
    made = (_perspective, _akismet, _openai, _coral, _form)
    return [each(public_url, key or KEY, site_key) for each in made]


def _perspective(url: str, key: str, _site: str) -> Recipe:
    return Recipe(
        "perspective", _("Perspective API"),
        _("Coral, Google's client libraries, and scripts that ask Google's Perspective for scores."),
        f"{url}/v1alpha1/comments:analyze",
        (
            (_("Google's Python client: one argument more."),
             'discovery.build("commentanalyzer", "v1alpha1", static_discovery=False,\n'
             f'    developerKey="{key}", discoveryServiceUrl="{url}/$discovery/rest?version=v1alpha1")'),
            (_("Coral: Configure › Moderation › Perspective, “Custom endpoint” and “API key”."),
             f"{url}/v1alpha1\n{key}"),
            (_("Anything else: the address."),
             f"curl '{url}/v1alpha1/comments:analyze?key={key}' \\\n"
             "  -d '{\"comment\": {\"text\": \"Hello there\"}, \"languages\": [\"en\"], "
             "\"requestedAttributes\": {\"TOXICITY\": {}}}'"),
        ),
        _("English. Attributes: TOXICITY, SEVERE_TOXICITY, IDENTITY_ATTACK, INSULT, PROFANITY, THREAT, OBSCENE, SPAM "
          "and LIKELY_TO_REJECT; another answers “Unknown requested attribute”. suggestscore brings verdicts back."),
        "key",
    )  # fmt: skip


def _akismet(url: str, key: str, _site: str) -> Recipe:
    host = url.partition("://")[2].partition(":")[0]
    return Recipe(
        "akismet", _("Akismet"),
        _("WordPress with the Akismet plugin, and other programs that ask Akismet whether a comment is spam."),
        f"{url}/1.1/comment-check",
        (
            (_("WordPress: copy integrations/wordpress/moderato-akismet.php to wp-content/mu-plugins/, and into "
               "wp-config.php:"),
             f"define( 'MODERATO_URL', '{url}' );\ndefine( 'WPCOM_API_KEY', '{key}' );"),
            (_("A client with an option for the address:"), f"{url}\n{key}"),
            (_("A client that has its key in the host: let *.%(host)s lead here.", host=host), f"{key}.{host}"),
            (_("By hand:"),
             f"curl {url}/1.1/comment-check -d api_key={key} -d blog=https://blog.example \\\n"
             "  -d user_ip=203.0.113.7 -d comment_author=viagra-test-123"),
        ),
        _("“true” means spam, by the site's rules and the model's spam score; what is rude but no spam is “false”. "
          "Corrections (submit-spam, submit-ham) come back as verdicts."),
        "key",
    )  # fmt: skip


def _openai(url: str, key: str, _site: str) -> Recipe:
    return Recipe(
        "openai", _("OpenAI moderations"),
        _("Programs that ask OpenAI's moderation endpoint."),
        f"{url}/v1/moderations",
        (
            (_("OpenAI's Python client: one argument more."),
             f'OpenAI(api_key="{key}", base_url="{url}/v1")'),
            (_("By hand:"),
             f"curl {url}/v1/moderations -H 'Authorization: Bearer {key}' \\\n"
             "  -d '{\"input\": \"Hello there\"}'"),
        ),
        _("Scored: harassment, harassment/threatening, hate, violence. The other nine categories are 0 and say in "
          "category_applied_input_types that nothing was looked at. Pictures are refused."),
        "key",
    )  # fmt: skip


def _coral(url: str, key: str, _site: str) -> Recipe:
    return Recipe(
        "coral", _("Coral's moderation phase"),
        _("Coral asks for a verdict on each comment, by this site's policy."),
        f"{url}/coral/phase/…",
        (
            (_("In Coral: Configure › Moderation phases › Add external moderation phase. Leave its callback URL for "
               "the moment, and copy the signing secret."), ""),
            (_("Here: make a key below with that secret. Its callback URL goes into Coral."), ""),
        ),
        _("Nothing is objected to without a word (204); spam and what the policy rejects is REJECTED with a flag; what "
          "is uncertain is SYSTEM_WITHHELD. A comment is never approved past Coral's own phases. Signatures carry no "
          "time, so none is checked."),
        "coral",
    )  # fmt: skip


def _form(url: str, _key: str, site: str) -> Recipe:
    return Recipe(
        "form", _("WordPress's comment form"),
        _("A theme's form, or one on a static copy of a WordPress site, posts here instead of to WordPress."),
        f"{url}/wp-comments-post.php?site={site}",
        (
            (_("Change the form's action; everything else stays:"),
             f'<form action="{url}/wp-comments-post.php?site={site}" method="post" id="commentform">'),
            (_("Show the comments, where the theme did:"),
             f'<script src="{url}/embed.js" data-site="{site}" async></script>'),
        ),
        _("The pages' origin must be one of the site's. Its page is the address the browser names, else /?p= and the "
          "post's number, else name it: &url=https://… in the action. No key: readers post, as everywhere."),
        "site",
    )  # fmt: skip


def request_for(how: str, *, key: str, text: str, site: str) -> tuple[str, Mapping[str, Any]]:
    """(path, how werkzeug builds it) of the live test."""
    match how:
        case "perspective":
            body = {"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}, "SPAM": {}},
                    "languages": ["en"], "doNotStore": True}  # fmt: skip
            return "/v1alpha1/comments:analyze", {"json": body, "query_string": {"key": key}}
        case "akismet":
            fields = {"api_key": key, "blog": "https://blog.example", "user_ip": "203.0.113.7", "is_test": "1",
                      "comment_content": text}  # fmt: skip
            return "/1.1/comment-check", {"data": fields}
        case "openai":
            return "/v1/moderations", {"json": {"input": text}, "headers": {"Authorization": f"Bearer {key}"}}
    # Without a name: the form is reached and nothing is stored.
    return "/wp-comments-post.php", {"data": {"comment": text, "comment_post_ID": "1"}, "query_string": {"site": site}}
