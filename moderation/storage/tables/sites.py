"""Sites, their pages, and the rules each had when."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from moderation.storage.tables.base import id_column, metadata, ref

sites = Table(
    "sites",
    metadata,
    id_column(),
    Column("key", String(64), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("origins", Text, nullable=False, comment="JSON list of origins that may embed this site's form"),
    Column("policy", Text, nullable=False, comment="JSON: this site's own values over site_policy.toml"),
    Column("policy_version", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

threads = Table(
    "threads",
    metadata,
    id_column(),
    ref("site_id", "sites.id"),
    Column("url", String(2000), nullable=False),
    Column("title", String(300), nullable=False),
    Column("open", Boolean, nullable=False),
    Column("approved", Integer, nullable=False, comment="comments the public sees"),
    Column("version", Integer, nullable=False, comment="goes up whenever what the public sees changes"),
    Column("policy", Text, comment="JSON: this thread's own values over its site's; null: none"),
    Column("section", String(80), nullable=False, server_default="", comment="as the page said, or its address's first part"),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("site_id", "url"),
    Index("ix_threads_section", "site_id", "section"),
)  # fmt: skip

site_policies = Table(
    "site_policies",
    metadata,
    Column("site_id", String(26), ForeignKey("sites.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("policy", Text, nullable=False, comment="JSON: the site's own values as of this version"),
    Column("changed_by", String(100), nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
