"""What moderators do beside deciding: claims, concerns, notes, many at once."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, text

from moderation.storage.tables.base import id_column, metadata, ref

claims = Table(
    "claims",
    metadata,
    Column("comment_id", String(26), ForeignKey("comments.id"), primary_key=True),
    ref("moderator_id", "moderators.id"),
    Column("claimed_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("ix_claims_moderator", "moderator_id"),
)

skips = Table(
    "skips",
    metadata,
    Column("moderator_id", String(26), ForeignKey("moderators.id"), primary_key=True),
    Column("comment_id", String(26), ForeignKey("comments.id"), primary_key=True),
    Column("created_at", BigInteger, nullable=False),
)

# Somebody asks for another look at a comment; the views Reported, Escalated and Appeals are made of these.
concerns = Table(
    "concerns",
    metadata,
    id_column(),
    ref("site_id", "sites.id"),
    ref("comment_id", "comments.id"),
    Column("revision", Integer, nullable=False),
    Column("kind", String(16), nullable=False, comment="report, escalation, appeal"),
    Column("once", String(120), nullable=False, unique=True, comment="what makes it the same concern again"),
    Column("reason", String(40), nullable=False, comment="of a report: one of a few codes"),
    Column("text", Text, nullable=False),
    Column("raised_by", String(100), nullable=False, comment="moderator:id, reader:digest of a network address, author"),
    Column("created_at", BigInteger, nullable=False),
    Column("answer", Text),
    Column("answered_by", String(100)),
    Column("settled_at", BigInteger, comment="null: open"),
    Column("settled_by", String(26), comment="the decision that settled it, if one did"),
    Index("ix_concerns_open", "site_id", "kind", "created_at", sqlite_where=text("settled_at IS NULL"),
          postgresql_where=text("settled_at IS NULL")),
    Index("ix_concerns_comment", "comment_id"),
    Index("ix_concerns_settled_by", "settled_by", sqlite_where=text("settled_by IS NOT NULL"),
          postgresql_where=text("settled_by IS NOT NULL")),
)  # fmt: skip

notes = Table(
    "notes",
    metadata,
    id_column(),
    ref("site_id", "sites.id"),
    Column("subject", String(40), nullable=False, comment="comment:id or author:id"),
    ref("moderator_id", "moderators.id"),
    Column("text", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_notes_subject", "subject", "id"),
)

# One decision on many comments.
bulk_acts = Table(
    "bulk_acts",
    metadata,
    id_column(),
    ref("moderator_id", "moderators.id"),
    Column("verdict", String(16), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("for_team", Text, nullable=False, server_default=""),
    Column("for_author", Text, nullable=False, server_default=""),
    Column("chosen_by", Text, nullable=False, comment="JSON: the filter that chose the comments"),
    Column("stage", String(16), nullable=False, comment="deciding, decided, undoing, undone"),
    Column("total", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("closes_at", BigInteger, nullable=False, comment="until then it can be undone, and nothing leaves the house"),
    Index("ix_bulk_acts_moderator", "moderator_id", "id"),
    Index("ix_bulk_acts_unfinished", "id", sqlite_where=text("stage IN ('deciding', 'undoing')"),
          postgresql_where=text("stage IN ('deciding', 'undoing')")),
)  # fmt: skip

bulk_items = Table(
    "bulk_items",
    metadata,
    Column("bulk_id", String(26), ForeignKey("bulk_acts.id"), primary_key=True),
    Column("comment_id", String(26), ForeignKey("comments.id"), primary_key=True),
    Column("version", Integer, nullable=False, comment="of the comment as it was chosen"),
    Column("ending", String(16), nullable=False, comment="waiting, decided, passed_over, undone, kept"),
    Column("decision_id", String(26)),
    Index("ix_bulk_items_ending", "bulk_id", "ending"),
)

# How many comments are in each state, of those older than what `search_progress` says of "tallies"; the younger ones
# are counted when somebody asks, so that posting pays nothing (tallies.py).
tallies = Table(
    "tallies",
    metadata,
    Column("site_id", String(26), ForeignKey("sites.id"), primary_key=True),
    Column("state", String(16), primary_key=True),
    Column("number", BigInteger, nullable=False),
)

# What changed among those since they were counted; the clock adds it up.
tally_changes = Table(
    "tally_changes",
    metadata,
    id_column(),
    Column("site_id", String(26), nullable=False),
    Column("state", String(16), nullable=False),
    Column("change", Integer, nullable=False),
)
