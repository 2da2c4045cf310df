"""Comments, their texts, and every decision on them."""

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, Text, text

from moderation.storage.tables.base import id_column, metadata, ref

comments = Table(
    "comments",
    metadata,
    id_column(),
    ref("site_id", "sites.id"),
    ref("thread_id", "threads.id"),
    ref("parent_id", "comments.id", nullable=True),
    Column("depth", Integer, nullable=False),
    ref("author_id", "authors.id"),
    Column("revision", Integer, nullable=False),
    Column("version", Integer, nullable=False, comment="goes up with every decision: what compare-and-set compares"),
    Column("state", String(16), nullable=False),
    Column("band", String(16), nullable=False, comment="of the last automatic look"),
    Column("p_reject", Float),
    Column("p_low", Float),
    Column("p_high", Float),
    Column("queue_key", BigInteger, nullable=False, comment="arrival moved ahead by priority; lower is read sooner"),
    Column("text_digest", BigInteger, nullable=False),
    Column("flood_id", String(26), comment="first comment of the near-duplicate group"),
    Column("idempotency_key", String(255)),
    Column("request_digest", String(64)),
    Column("address_digest", String(32), nullable=False, comment="of the network address; the key changes every day"),
    Column("audit_drawn", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("decided_at", BigInteger),
    Index("ix_comments_queue", "site_id", "state", "queue_key"),
    Index("ix_comments_thread", "thread_id", "state", "id"),
    Index("ix_comments_author", "author_id", "id"),
    Index("ix_comments_text_digest", "text_digest", "created_at"),
    Index("ix_comments_parent", "parent_id", sqlite_where=text("parent_id IS NOT NULL"),
          postgresql_where=text("parent_id IS NOT NULL")),
    Index("ix_comments_flood", "flood_id", sqlite_where=text("flood_id IS NOT NULL"),
          postgresql_where=text("flood_id IS NOT NULL")),
    Index("ix_comments_audit", "site_id", "id", sqlite_where=text("audit_drawn"),
          postgresql_where=text("audit_drawn")),
    Index("uq_comments_idempotency", "site_id", "idempotency_key", unique=True,
          sqlite_where=text("idempotency_key IS NOT NULL"), postgresql_where=text("idempotency_key IS NOT NULL")),
)  # fmt: skip

revisions = Table(
    "revisions",
    metadata,
    Column("comment_id", String(26), ForeignKey("comments.id"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("website", String(2000), nullable=False),
    Column("text", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    id_column(),
    ref("site_id", "sites.id"),
    ref("comment_id", "comments.id"),
    Column("revision", Integer, nullable=False),
    Column("version", Integer, nullable=False, comment="the comment's version that this decision made"),
    Column("look", String(16), nullable=False),
    Column("band", String(16), comment="of an automatic look"),
    Column("state_before", String(16)),
    Column("state_after", String(16), nullable=False),
    Column("decided_by", String(100), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("because", Text, nullable=False, comment="JSON list of the codes that decided, most telling first"),
    Column("findings", Text, nullable=False, comment="JSON list of codes with their evidence"),
    Column("opinion", Text, comment="JSON: p_reject, interval, attributes"),
    Column("model", String(100)),
    Column("thresholds", Text, comment="JSON of the thresholds in force"),
    Column("policy_version", Integer),
    Column("audit_probability", Float),
    Column("undoes", String(26), comment="the decision taken back"),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_decisions_comment", "comment_id", "version"),
    Index("ix_decisions_moderator", "site_id", "id", sqlite_where=text("look = 'moderator'"),
          postgresql_where=text("look = 'moderator'")),
)  # fmt: skip

# What a moderator wrote beside a decision: one text for the team, one for the comment's author.
decision_texts = Table(
    "decision_texts",
    metadata,
    Column("decision_id", String(26), ForeignKey("decisions.id"), primary_key=True),
    Column("for_team", Text, nullable=False),
    Column("for_author", Text, nullable=False),
)
