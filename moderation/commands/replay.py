"""replay: post a file of comments over HTTP as a crowd of readers would, and tell what became of them."""

import argparse
import json
import lzma
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from tqdm import tqdm

from moderation.commands.crowd import Crowd, Tally
from moderation.refusal import Refusal

STATES = {"approved": "approved", "rejected": "rejected", "spam": "spam", "pending": "review"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help='.jsonl or .jsonl.xz, a {"text": …} a line')
    parser.add_argument("--url", required=True, help="the service, such as http://localhost:8000")
    parser.add_argument("--site", default="demo", help="the site's key (%(default)s)")
    parser.add_argument("--thread-url", help="the page commented on; by default --threads pages under --url")
    parser.add_argument("--threads", type=int, default=40, metavar="N", help="how many pages (%(default)s)")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N comments")
    parser.add_argument("--rate", type=float, metavar="N", help="at most N comments a second")
    parser.add_argument("--concurrency", type=int, default=8, metavar="N", help="at a time (%(default)s)")
    parser.epilog = (
        "The service's rate limits hold for a replay too: start it with RATE_LIMIT_COMMENTS=100000/minute, "
        "or with TRUSTED_PROXIES=1, under which each reader counts by an address of their own."
    )


def main(arguments: argparse.Namespace) -> int:
    service = urlsplit(arguments.url)
    if service.scheme not in ("http", "https") or not service.hostname:
        raise Refusal(f"--url {arguments.url} is no http:// or https:// address.")
    texts = list(islice(_texts(arguments.file), arguments.limit))
    if not texts:
        raise Refusal(f"{arguments.file} has no comments.")
    crowd = Crowd(
        base=arguments.url.rstrip("/"),
        site=arguments.site,
        thread_urls=_thread_urls(arguments),
        readers=max(50, len(texts) // 3),
        rate=arguments.rate,
    )
    with tqdm(total=len(texts), unit=" comments", disable=None) as progress:
        tally = crowd.post_all(texts, arguments.concurrency, progress.update)
    print(table(tally))
    return 0 if tally.answered else 1


def table(tally: Tally) -> str:
    """The closing table: what became of the comments, the refusals by reason, how long an answer took."""
    total = max(1, tally.answered)
    rows = [("what became of them", "comments", "share")]
    rows += [(STATES[state], f"{tally.states[state]:,}", f"{tally.states[state] / total:.1%}") for state in STATES]
    refused = sum(tally.refusals.values())
    rows.append(("refused", f"{refused:,}", f"{refused / total:.1%}"))
    rows += [(f"  {reason}", f"{count:,}", "") for reason, count in tally.refusals.most_common()]
    rows.append(
        (
            "answered",
            f"{tally.answered:,}",
            f"in {tally.seconds:.1f} s, {tally.answered / tally.seconds:.0f} a second",
        )
    )
    rows.append(("time to answer", f"p50 {tally.quantile_ms(0.5):.0f} ms", f"p99 {tally.quantile_ms(0.99):.0f} ms"))
    if tally.retries:
        rows.append(("tried again", f"{tally.retries:,}", "rate limits, no answer, 5xx"))
    width = max(len(row[0]) for row in rows)
    return "\n".join(f"  {first:<{width}}  {second:>12}  {third}".rstrip() for first, second, third in rows)


def _thread_urls(arguments: argparse.Namespace) -> list[str]:
    if arguments.thread_url:
        return [arguments.thread_url]
    return [f"{arguments.url.rstrip('/')}/replay/{number}" for number in range(1, arguments.threads + 1)]


def _texts(path: Path) -> Iterator[str]:
    try:
        with _open(path) as lines:
            for number, line in enumerate(lines, 1):
                try:
                    yield str(json.loads(line)["text"])
                except (ValueError, KeyError, TypeError):
                    print(f"line {number} of {path} has no text and is left out", file=sys.stderr)
    except (OSError, lzma.LZMAError) as error:
        raise Refusal(f"{path} cannot be read: {error}") from error


def _open(path: Path) -> IO[str]:
    if path.suffix == ".xz":
        return lzma.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")
