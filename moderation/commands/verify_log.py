"""verify-log: is the log still what was written, whole and in order?"""

import argparse

from config.settings import load_settings
from moderation.domain.log_chain import read_head
from moderation.refusal import Refusal
from moderation.services import seal_log, verify_log
from moderation.wiring import build


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--head", action="append", default=[], metavar="NUMBER:HASH",
        help="a head that was noted earlier; the log must still contain it (may be given several times)",
    )  # fmt: skip
    parser.add_argument(
        "--after-restore", action="store_true",
        help="forget the head kept in the data folder: an older backup was brought back on purpose",
    )
    parser.epilog = "Note the head that this prints somewhere else: it proves later that nothing before it changed."


def main(arguments: argparse.Namespace) -> int:
    heads = [(text, read_head(text)) for text in arguments.head]
    for text, head in heads:
        if head is None:
            raise Refusal(f"--head {text} is no head.", "it looks like 1234:0a1b…, as verify-log prints it")
    wiring = build(load_settings())
    try:
        if arguments.after_restore:
            seal_log.head_file(wiring).unlink(missing_ok=True)
        found = verify_log.verify(wiring, [head for _, head in heads if head is not None])
    finally:
        wiring.close()
    if found.faults:
        print("The log is not what was written:")
        print("\n".join(f"  {fault}" for fault in found.faults))
        return 1
    print(f"The log is whole: {found.events:,} events. Head: {found.head or 'none yet'}")
    return 0
