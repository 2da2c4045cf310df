"""What people's decisions teach, and what is counted of them."""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, String, Table, Text

from moderation.storage.tables.base import id_column, metadata, ref

labels = Table(
    "labels",
    metadata,
    Column("decision_id", String(26), primary_key=True, comment="the person's decision that says so"),
    ref("site_id", "sites.id"),
    ref("comment_id", "comments.id"),
    Column("revision", Integer, nullable=False),
    Column("source", String(16), nullable=False, comment="moderator, audit, appeal"),
    Column("verdict", String(16), nullable=False, comment="approved, rejected or spam"),
    Column("judged", String(26), comment="the automatic decision whose audit this is"),
    Column("probability", Float, nullable=False, comment="with which this comment came before a person; 1: always"),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_labels_comment", "comment_id", "revision"),
    Index("ix_labels_site", "site_id", "source", "created_at"),
)

site_bands = Table(
    "site_bands",
    metadata,
    id_column(),
    ref("site_id", "sites.id"),
    Column("model", String(100), nullable=False, comment="these thresholds mean nothing to another model"),
    Column("kind", String(16), nullable=False, comment="chosen: certified by labels; tightened: a budget did not hold"),
    Column("approve_below", Float, nullable=False),
    Column("reject_from", Float, nullable=False),
    Column("spam_from", Float, nullable=False),
    Column("because", Text, nullable=False, comment="JSON list of sentences"),
    Column("evidence", Text, nullable=False, comment="JSON: counts and bounds it rests on"),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_site_bands_site", "site_id", "model", "id"),
)

site_days = Table(
    "site_days",
    metadata,
    Column("site_id", String(26), ForeignKey("sites.id"), primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False, comment="since the epoch, UTC"),
    Column("name", String(40), primary_key=True, comment="what was counted: band:review, decided, wait:p50"),
    Column("value", Float, nullable=False),
)

second_readings = Table(
    "second_readings",
    metadata,
    Column("comment_id", String(26), ForeignKey("comments.id"), primary_key=True),
    ref("site_id", "sites.id"),
    Column("revision", Integer, nullable=False),
    Column("verdict", String(16), nullable=False, comment="the decision that the site's other decisions contradict"),
    Column("place", Integer, nullable=False, comment="0: the most contradicted"),
    Column("offered_at", BigInteger, nullable=False),
    Column("answer", String(16), comment="kept or changed; null: nobody has read it again"),
    Column("answered_by", String(26)),
    Column("answered_at", BigInteger),
    Index("ix_second_readings_site", "site_id", "answer", "place"),
)
