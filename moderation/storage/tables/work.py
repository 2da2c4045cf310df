"""What workers are to do, and what they keep for the next look."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from moderation.storage.tables.base import id_column, metadata

outbox = Table(
    "outbox",
    metadata,
    id_column(),
    Column("kind", String(20), nullable=False),
    Column("comment_id", String(26), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", BigInteger, nullable=False, comment="not before; moved ahead while a worker holds the lease"),
    Column("lease", String(26), comment="fencing token of the worker that holds it"),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("comment_id", "revision", "kind"),
    Index("ix_outbox_due", "due_at"),
)

near_duplicate_bands = Table(
    "near_duplicate_bands",
    metadata,
    Column("site_id", String(26), primary_key=True),
    Column("band", BigInteger, primary_key=True, comment="hash of one band of the MinHash signature, with its number"),
    Column("comment_id", String(26), primary_key=True),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_near_duplicate_bands_created_at", "created_at"),
)

sentence_vectors = Table(
    "sentence_vectors",
    metadata,
    Column("comment_id", String(26), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("encoder", String(80), nullable=False, comment="vectors of two encoders cannot be compared"),
    Column("vector", LargeBinary, nullable=False, comment="little-endian numbers of two bytes"),
)

# How far the indexes that the clock keeps have come; that of words is each database's own kind (search_index.py).
search_progress = Table(
    "search_progress",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("upto", String(26), nullable=False, comment="the newest comment looked at"),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("beat_at", BigInteger, nullable=False),
)
