"""sign-in-link: for a moderator who cannot sign in."""

import argparse

from config.settings import load_settings
from moderation.refusal import Refusal
from moderation.services import first_moderator
from moderation.services.add_moderator import new_link_for
from moderation.wiring import build


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "email", nargs="?", default=first_moderator.EMAIL, help="whose (the first moderator's: %(default)s)"
    )


def main(arguments: argparse.Namespace) -> int:
    wiring = build(load_settings())
    try:
        link = new_link_for(wiring, arguments.email)
    finally:
        wiring.close()
    if link is None:
        raise Refusal(f"Nobody signs in with {arguments.email}.", "add them: python -m moderation add-moderator")
    print(link)
    return 0
