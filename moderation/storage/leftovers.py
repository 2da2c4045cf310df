"""Rows that have served and that no other module's work removes."""

from sqlalchemy import Connection, delete

from moderation.storage.schema import sign_in_links


def forget_links(conn: Connection, *, expired_before: int) -> int:
    """One-time links that expired, used or not."""
    return conn.execute(delete(sign_in_links).where(sign_in_links.c.expires_at < expired_before)).rowcount
