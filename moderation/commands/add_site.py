"""add-site: let another site's pages show the form."""

import argparse
import time

from pydantic import TypeAdapter, ValidationError

from config import setting_types
from config.settings import load_settings
from moderation.refusal import Refusal
from moderation.services.sites import add_site
from moderation.storage.database import open_database


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", help='the name for data-site="…"')
    parser.add_argument("--name", required=True, help="as moderators see it")
    parser.add_argument("--origin", action="append", default=[], help="such as https://news.example; repeatable")
    parser.epilog = "Repeat it for a key that exists to add origins."


def main(arguments: argparse.Namespace) -> int:
    settings = load_settings()
    try:
        origins = TypeAdapter(setting_types.Origins).validate_python(tuple(arguments.origin))
        key = TypeAdapter(setting_types.SiteKey).validate_python(arguments.key)
    except ValidationError:
        raise Refusal(
            "A key is 1 to 40 of a-z, 0-9 and -; an origin is http:// or https:// and a host, with no path."
        ) from None
    database = open_database(settings.database_url)
    try:
        now = time.time_ns() // 1000
        add_site(database, key=key, name=arguments.name, origins=list(origins), now=now)
    finally:
        database.close()
    print(f'<script src="{settings.public_url}/embed.js" data-site="{key}" async></script>')
    return 0
