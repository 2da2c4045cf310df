"""run: everything on this machine."""

import argparse
import os
from pathlib import Path

from config.env_file import read_env_file
from moderation.launch.run import run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Settings come from the environment and from .env; config/example.env explains each."


def main(arguments: argparse.Namespace) -> int:
    return run({**read_env_file(Path(".env")), **os.environ})
