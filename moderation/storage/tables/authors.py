"""Who comments, by site, and what moderators made of them."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text, UniqueConstraint

from moderation.storage.tables.base import id_column, metadata, ref

authors = Table(
    "authors",
    metadata,
    id_column(),
    ref("site_id", "sites.id"),
    Column("email_digest", String(64), nullable=False, comment="keyed hash, for look-ups"),
    Column("email_sealed", Text, nullable=False, comment="encrypted; the key is in the settings"),
    Column("standing", String(16), nullable=False, comment="normal, trusted, always_review, suspended, banned"),
    Column("standing_until", BigInteger),
    Column("approved", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("spam", Integer, nullable=False),
    Column("posted", Integer, nullable=False),
    Column("burst_started_at", BigInteger, nullable=False),
    Column("burst", Integer, nullable=False, comment="comments since burst_started_at"),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("site_id", "email_digest"),
)

author_standings = Table(
    "author_standings",
    metadata,
    id_column(),
    ref("site_id", "sites.id"),
    ref("author_id", "authors.id"),
    ref("moderator_id", "moderators.id"),
    Column("standing_before", String(16), nullable=False),
    Column("until_before", BigInteger),
    Column("standing", String(16), nullable=False),
    Column("until", BigInteger),
    Column("reason", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("undone_at", BigInteger),
    Index("ix_author_standings_author", "author_id", "id"),
)
