"""Ids that sort by the moment they were made: 48 bits of milliseconds, 80 random bits, 26 characters."""

import base64
import secrets


def new_id(now_us: int) -> str:
    raw = (now_us // 1000).to_bytes(6, "big") + secrets.token_bytes(10)
    # The hex alphabet of base 32 keeps the order of the bytes.
    return base64.b32hexencode(raw)[:26].decode("ascii").lower()


def lowest_id(at_us: int) -> str:
    """No id made at that moment or later sorts before it."""
    return base64.b32hexencode((at_us // 1000).to_bytes(6, "big") + bytes(10))[:26].decode("ascii").lower()


def is_id(value: str) -> bool:
    return len(value) == 26 and all(c in "0123456789abcdefghijklmnopqrstuv" for c in value)
