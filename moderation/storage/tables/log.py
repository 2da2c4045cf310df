"""What happened, only ever added to, and the seals that chain it."""

from sqlalchemy import BigInteger, Column, Index, String, Table, Text, text

from moderation.storage.tables.base import id_column, metadata

audit_events = Table(
    "audit_events",
    metadata,
    id_column(),
    Column("site_id", String(26)),
    Column("actor", String(100), nullable=False),
    Column("action", String(40), nullable=False),
    Column("subject", String(100), nullable=False, comment="kind:id; never text, never an address"),
    Column("details", Text, nullable=False, comment="JSON"),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_audit_events_subject", "subject"),
    # What people did; automatic looks, by far the most, do not pay for it.
    Index("ix_audit_events_people", "id", sqlite_where=text("action NOT IN ('comment.first', 'comment.second')"),
          postgresql_where=text("action NOT IN ('comment.first', 'comment.second')")),
    Index("ix_audit_events_actor", "actor", "id",
          sqlite_where=text("action NOT IN ('comment.first', 'comment.second')"),
          postgresql_where=text("action NOT IN ('comment.first', 'comment.second')")),
)  # fmt: skip

audit_seals = Table(
    "audit_seals",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("event_id", String(26), nullable=False, unique=True),
    Column("hash", String(64), nullable=False, comment="over the one before and the whole event"),
)
