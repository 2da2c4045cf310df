"""Moments for machines: ISO 8601, in UTC."""

from datetime import UTC, datetime


def iso(at_us: int) -> str:
    return datetime.fromtimestamp(at_us / 1_000_000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
