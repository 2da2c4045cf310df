"""add-key: let another program call this service for a site."""

import argparse
import sys

from config.settings import load_settings
from moderation.refusal import Refusal
from moderation.services.api_keys import add_key
from moderation.wiring import build


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("site", help="the site's key, as in add-site")
    parser.add_argument("--name", required=True, help="what will use it, as the list of keys shows it")
    parser.add_argument(
        "--coral-secret", action="store_true",
        help="read Coral's signing secret from standard input: the key is then an external moderation phase's",
    )  # fmt: skip


def main(arguments: argparse.Namespace) -> int:
    if not arguments.name.strip():
        raise Refusal("--name is empty; say what will use the key.")
    secret = sys.stdin.readline().strip() if arguments.coral_secret else None
    if secret == "":
        raise Refusal("Standard input has no secret.", "echo SECRET | python -m moderation add-key …")
    wiring = build(load_settings())
    try:
        site = wiring.sites.by_key(arguments.site)
        if site is None:
            raise Refusal(
                f"There is no site {arguments.site}.", "add it with: python -m moderation add-site KEY --name NAME"
            )
        made = add_key(wiring, site, name=arguments.name, by="operator", coral_secret=secret)
    finally:
        wiring.close()
    if secret:
        print(f"Give Coral this callback URL: {wiring.settings.public_url}/coral/phase/{made.id}")
    else:
        print(f"The key, shown this once:\n{made.key}")
    return 0
