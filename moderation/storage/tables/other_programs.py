"""Keys of other programs, what came by them, and what was brought in from elsewhere."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from moderation.storage.tables.base import id_column, metadata, ref

api_keys = Table(
    "api_keys",
    metadata,
    id_column(),
    ref("site_id", "sites.id"),
    Column("digest", String(64), nullable=False, unique=True, comment="keyed hash; the key itself is shown once and kept nowhere"),
    Column("ends_with", String(2), nullable=False, comment="to tell keys apart in a list"),
    Column("name", String(80), nullable=False),
    Column("coral_secret_sealed", Text, comment="encrypted; Coral's signing secret, for a key whose requests are signed"),
    Column("created_by", String(100), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Index("ix_api_keys_site", "site_id", "id"),
)  # fmt: skip

key_usage = Table(
    "key_usage",
    metadata,
    Column("key_id", String(26), ForeignKey("api_keys.id"), primary_key=True),
    Column("day", Integer, primary_key=True, comment="days since the epoch, UTC"),
    Column("blog", String(255), primary_key=True, comment="the host that asked, where it said so"),
    Column("calls", Integer, nullable=False),
    Column("spam", Integer, nullable=False),
    Column("ham", Integer, nullable=False),
    Column("missed_spam", Integer, nullable=False),
    Column("false_positives", Integer, nullable=False),
)

feedback = Table(
    "feedback",
    metadata,
    id_column(),
    ref("site_id", "sites.id"),
    ref("key_id", "api_keys.id"),
    Column("source", String(40), nullable=False, comment="the protocol's call that brought it"),
    Column("verdict", String(16), nullable=False, comment="approved, rejected or spam: what a moderator elsewhere decided"),
    Column("attributes", Text, nullable=False, comment="JSON: the attributes that were named, each 0..1"),
    Column("text_digest", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False, comment="when this verdict came last"),
    UniqueConstraint("key_id", "text_digest"),
    Index("ix_feedback_site", "site_id", "created_at"),
    Index("ix_feedback_key", "key_id", "created_at"),
)  # fmt: skip

# What another program showed us and the first look was not sure of: a worker reads it, and the program asks again.
shown_texts = Table(
    "shown_texts",
    metadata,
    id_column(),
    ref("site_id", "sites.id"),
    Column("digest", String(64), nullable=False, comment="keyed hash of the site and the words, to know them again"),
    Column("sealed", Text, comment="encrypted: the words, name and website; null once a worker has read them"),
    Column("spam", Boolean, comment="what the second look says; null: not yet"),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("site_id", "digest"),
    Index("ix_shown_texts_created_at", "created_at"),
)

# What was brought in from elsewhere, by what it was there: a second import knows it again.
imported = Table(
    "imported",
    metadata,
    Column("site_id", String(26), ForeignKey("sites.id"), primary_key=True),
    Column("digest", String(32), primary_key=True, comment="of the format, where it came from and its id there"),
    ref("comment_id", "comments.id"),
    Index("ix_imported_comment", "comment_id"),
)
