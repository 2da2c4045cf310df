"""welcome: what `run` needs to greet a newcomer, as one JSON line: the demonstration, a sign-in link."""

import argparse
import json

from config.settings import load_settings
from moderation.services import first_moderator, seed_demo
from moderation.wiring import build


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def main(arguments: argparse.Namespace) -> int:
    wiring = build(load_settings())
    try:
        if wiring.settings.demo:
            seed_demo.seed(wiring)
        link = first_moderator.sign_in_link(wiring)
    finally:
        wiring.close()
    print(json.dumps({"sign_in_link": link, "moderator": first_moderator.EMAIL}))
    return 0
