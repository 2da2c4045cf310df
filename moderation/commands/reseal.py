"""reseal: after a new key was put in front of EMAIL_KEYS."""

import argparse

from tqdm import tqdm

from config.settings import load_settings
from moderation.services import reseal
from moderation.wiring import build


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def main(_arguments: argparse.Namespace) -> int:
    wiring = build(load_settings())
    try:
        with tqdm(unit=" addresses") as bar:
            for count in reseal.reseal(wiring):
                bar.update(count)
    finally:
        wiring.close()
    print("All addresses are sealed with the first of EMAIL_KEYS; the others may go.")
    return 0
