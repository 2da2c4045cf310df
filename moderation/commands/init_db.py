"""init-db: the schema of this version, and the site that the settings name."""

import argparse
import time

from config.settings import load_settings
from moderation.services.first_site import add_first_site
from moderation.storage import migrate
from moderation.storage.database import open_database


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Safe to repeat. Run it before the processes of a new version start."


def main(arguments: argparse.Namespace) -> int:
    settings = load_settings()
    migrate.upgrade(settings.database_url)
    database = open_database(settings.database_url)
    try:
        add_first_site(database, settings, time.time_ns() // 1000)
    finally:
        database.close()
    return 0
