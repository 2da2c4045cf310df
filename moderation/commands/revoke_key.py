"""revoke-key: take a key back."""

import argparse

from config.settings import load_settings
from moderation.refusal import Refusal
from moderation.services.api_keys import revoke_key
from moderation.wiring import build


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", help="as list-keys shows it")


def main(arguments: argparse.Namespace) -> int:
    wiring = build(load_settings())
    try:
        gone = revoke_key(wiring, arguments.id, by="operator")
    finally:
        wiring.close()
    if not gone:
        raise Refusal(f"No key with the id {arguments.id} works.", "the ids: python -m moderation list-keys")
    print("Revoked; it stops working within two seconds.")
    return 0
