"""export: write a site's comments to a file."""

import argparse
import contextlib
import gzip
import io
import lzma
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from tqdm import tqdm

from config.settings import load_settings
from moderation.commands.moving import site_of
from moderation.refusal import Refusal
from moderation.services.moving import hand_out, hand_out_wxr
from moderation.storage import exports
from moderation.wiring import build

FORMATS: dict[str, Any] = {"moderato": hand_out, "wxr": hand_out_wxr}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="to write; it must not exist; .gz and .xz are packed")
    parser.add_argument("--site", required=True, metavar="KEY")
    parser.add_argument("--format", choices=tuple(FORMATS), default="moderato", help="everything, or WXR (%(default)s)")
    parser.add_argument("--with-emails", action="store_true", help="readers' addresses too, in the open")
    parser.epilog = "Without --with-emails nobody can be told apart by address where it is read again."


def main(arguments: argparse.Namespace) -> int:
    if arguments.file.exists():
        raise Refusal(f"{arguments.file} is there already.", "choose another name")
    wiring = build(load_settings())
    draft = arguments.file.with_name(f".{arguments.file.name}.part")
    count = 0
    try:
        site = site_of(wiring, arguments.site)
        with exports.snapshot(wiring.database) as conn, _writing(draft, arguments.file.suffix) as out:
            lines = FORMATS[arguments.format].lines(wiring, conn, site, with_emails=arguments.with_emails)
            with tqdm(total=exports.count(conn, site.id), unit=" comments", disable=None) as bar:
                for line, more in lines:
                    out.write(line)
                    count += more
                    bar.update(more)
        draft.replace(arguments.file)
    except OSError as error:
        raise Refusal(f"{arguments.file} cannot be written: {error.strerror or error}") from error
    finally:
        wiring.close()
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
    print(f"{arguments.file}: {count:,} comments", end=", ")
    print("with" if arguments.with_emails else "without", "email addresses.")
    return 0


@contextlib.contextmanager
def _writing(path: Path, suffix: str) -> Iterator[IO[str]]:
    """For this user's eyes only."""
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(number, "wb") as raw, _packed(raw, suffix) as packed, io.TextIOWrapper(packed, "utf-8") as out:
        yield out


def _packed(raw: IO[bytes], suffix: str) -> Any:
    if suffix == ".gz":
        return gzip.GzipFile(filename="", fileobj=raw, mode="wb")
    return lzma.LZMAFile(raw, "wb") if suffix == ".xz" else contextlib.nullcontext(raw)
