"""import: bring a site's comments in from another system's file."""

import argparse
import importlib
from collections.abc import Callable, Iterator
from pathlib import Path

from tqdm import tqdm

from config.settings import load_settings
from moderation.commands.moving import site_of
from moderation.domain.web_address import web_address
from moderation.refusal import Refusal
from moderation.services.moving.incoming import Left, Raw, Report
from moderation.services.moving.source import Source
from moderation.services.moving.take_in import take_in
from moderation.storage.database import Unavailable
from moderation.wiring import build

FORMATS = ("wxr", "disqus", "isso", "remark42", "moderato")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="as the other system wrote it, packed or not")
    parser.add_argument("--format", required=True, choices=FORMATS, help="which system wrote it")
    parser.add_argument("--site", required=True, metavar="KEY", help="the site that gets the comments")
    parser.add_argument("--base-url", default="", metavar="URL", help="put before addresses without a host (Isso)")
    parser.add_argument("--without-labels", action="store_true", help="what was decided there teaches nothing here")
    parser.epilog = "It may be stopped and started again: what is here already is left alone. See docs/moving.md."


def main(arguments: argparse.Namespace) -> int:
    if not arguments.file.is_file():
        raise Refusal(f"{arguments.file} is no file.")
    base_url = arguments.base_url
    if base_url and web_address(base_url) is None:
        raise Refusal(f"--base-url {base_url} is no http:// or https:// address.")
    read: Callable[[Source], Iterator[Raw | Left]] = importlib.import_module(
        f"moderation.services.moving.{arguments.format}"
    ).read
    report = Report()
    wiring = build(load_settings())
    try:
        site = site_of(wiring, arguments.site)
        size = arguments.file.stat().st_size
        with tqdm(total=size, unit="B", unit_scale=True, unit_divisor=1024, disable=None) as bar:
            source = Source(arguments.file, base_url, bar.update)
            take_in(wiring, site, arguments.format, read(source), report, labels=not arguments.without_labels)
    except Unavailable as error:
        raise Refusal(f"The database does not answer: {error}", "import again: nothing is taken in twice") from error
    finally:
        wiring.close()
        if report.taken or report.already or report.left:
            print(table(report))
    for origin in sorted(report.origins - site.origins):
        print(f"The form is not yet allowed on {origin}: add-site {site.key} --name … --origin {origin}")
    return 0


def table(report: Report) -> str:
    rows: list[tuple[str, int, str]] = [("taken in", report.taken, "")]
    rows += [(f"  {state}", count, "") for state, count in sorted(report.states.items())]
    rows += [("new threads", report.threads, ""), ("labels", report.labels, "")]
    rows.append(("here already", report.already, ""))
    rows.append(("left out", sum(report.left.values()), ""))
    for reasons in (report.left, report.changed):
        if reasons is report.changed and reasons:
            rows.append(("taken in, but", sum(reasons.values()), ""))
        for reason, count in reasons.most_common():
            rows.append((f"  {reason}", count, "such as " + ", ".join(report.examples[reason])))
    width = max(len(row[0]) for row in rows)
    return "\n".join(f"  {first:<{width}}  {count:>10,}  {third}".rstrip() for first, count, third in rows)
