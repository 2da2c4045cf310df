"""list-keys: the keys that programs call with."""

import argparse
import time
from datetime import UTC, datetime

from config.settings import load_settings
from moderation.services.api_keys import all_keys
from moderation.services.api_keys_usage import DAY_US, Usage
from moderation.wiring import build


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help="those that were revoked, too")


def main(arguments: argparse.Namespace) -> int:
    wiring = build(load_settings())
    try:
        usage, today = Usage(wiring), time.time_ns() // 1000 // DAY_US
        for row in all_keys(wiring):
            if row.revoked_at is not None and not arguments.all:
                continue
            calls = sum(day.calls for day in usage.between(row.id, today - 29, today))
            made = datetime.fromtimestamp(row.created_at / 1e6, UTC).date()
            state = "revoked" if row.revoked_at is not None else f"{calls} calls in 30 days"
            print(f"{row.id}  …{row.ends_with}  {row.site_key:20}  {made}  {row.name}  ({state})")
    finally:
        wiring.close()
    return 0
