"""add-moderator: let somebody moderate."""

import argparse

from config.settings import load_settings
from moderation.refusal import Refusal
from moderation.services import add_moderator
from moderation.wiring import build


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("email", help="with which they sign in")
    parser.add_argument("--name", required=True, help="as other moderators see it")
    parser.add_argument("--role", choices=add_moderator.ROLES, default="moderator", help="(%(default)s)")


def main(arguments: argparse.Namespace) -> int:
    wiring = build(load_settings())
    try:
        link = add_moderator.add_moderator(wiring, email=arguments.email, name=arguments.name, role=arguments.role)
    except add_moderator.AlreadyThere:
        raise Refusal(
            f"{arguments.email} moderates here already.",
            f"a new link: python -m moderation sign-in-link {arguments.email}",
        ) from None
    finally:
        wiring.close()
    print(f"Give them this link; it works once, and they choose a password with it:\n{link}")
    return 0
