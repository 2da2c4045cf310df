"""rollback: back to the model, or the site's head, that was in service before."""

import argparse

from config.settings import load_settings
from models.artefact import ModelDamaged, ModelMissing
from moderation.refusal import Refusal
from moderation.services.promote import rollback
from moderation.wiring import build


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--site", metavar="KEY", help="that site's own head; without it the model of all sites")


def main(arguments: argparse.Namespace) -> int:
    wiring = build(load_settings())
    try:
        site = wiring.sites.by_key(arguments.site) if arguments.site else None
        if arguments.site and site is None:
            raise Refusal(f"There is no site with the key {arguments.site}.", "add-site makes one")
        print("in service:", rollback(wiring, site, actor="cli"))
    except (ModelMissing, ModelDamaged) as problem:
        raise Refusal(f"{problem}.", "nothing was changed") from problem
    finally:
        wiring.close()
    return 0
