"""The tables. SQL is the truth: Redis carries only hints about what is written here.

Times are UTC microseconds since the epoch; ids are 26 characters that sort by time of making.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[str]:
    return Column("id", String(26), primary_key=True)


def _ref(name: str, target: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, String(26), ForeignKey(target), nullable=nullable)


sites = Table(
    "sites",
    metadata,
    _id(),
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
    _id(),
    _ref("site_id", "sites.id"),
    Column("url", String(2000), nullable=False),
    Column("title", String(300), nullable=False),
    Column("open", Boolean, nullable=False),
    Column("approved", Integer, nullable=False, comment="comments the public sees"),
    Column("version", Integer, nullable=False, comment="goes up whenever what the public sees changes"),
    Column("policy", Text, comment="JSON: this thread's own values over its site's; null: none"),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("site_id", "url"),
)

authors = Table(
    "authors",
    metadata,
    _id(),
    _ref("site_id", "sites.id"),
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

comments = Table(
    "comments",
    metadata,
    _id(),
    _ref("site_id", "sites.id"),
    _ref("thread_id", "threads.id"),
    _ref("parent_id", "comments.id", nullable=True),
    Column("depth", Integer, nullable=False),
    _ref("author_id", "authors.id"),
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
    _id(),
    _ref("site_id", "sites.id"),
    _ref("comment_id", "comments.id"),
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

outbox = Table(
    "outbox",
    metadata,
    _id(),
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
    Column("vector", LargeBinary, nullable=False, comment="512 little-endian numbers of two bytes"),
)

claims = Table(
    "claims",
    metadata,
    Column("comment_id", String(26), ForeignKey("comments.id"), primary_key=True),
    _ref("moderator_id", "moderators.id"),
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

moderators = Table(
    "moderators",
    metadata,
    _id(),
    Column("email", String(254), nullable=False, unique=True, comment="lower case; how they sign in"),
    Column("name", String(80), nullable=False),
    Column("role", String(16), nullable=False, comment="admin, lead, moderator, viewer"),
    Column("password_hash", Text, comment="argon2id; null until the one-time link was used"),
    Column("disabled", Boolean, nullable=False),
    Column("totp_sealed", Text, comment="encrypted secret of the second factor; null: none"),
    Column("totp_step", BigInteger, comment="the last 30-second step whose code was used: each works once"),
    Column("created_at", BigInteger, nullable=False),
)

site_roles = Table(
    "site_roles",
    metadata,
    Column("moderator_id", String(26), ForeignKey("moderators.id"), primary_key=True),
    Column("site_id", String(26), ForeignKey("sites.id"), primary_key=True),
    Column("role", String(16), nullable=False, comment="there, instead of the role at every site"),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("code_digest", String(64), primary_key=True),
    _ref("moderator_id", "moderators.id"),
    Column("used_at", BigInteger),
    Index("ix_recovery_codes_moderator", "moderator_id"),
)

site_policies = Table(
    "site_policies",
    metadata,
    Column("site_id", String(26), ForeignKey("sites.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("policy", Text, nullable=False, comment="JSON: the site's own values as of this version"),
    Column("changed_by", String(100), nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("token_digest", String(64), primary_key=True),
    _ref("moderator_id", "moderators.id"),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_digest", String(64), primary_key=True),
    _ref("moderator_id", "moderators.id"),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("ix_sessions_moderator", "moderator_id"),
)

audit_events = Table(
    "audit_events",
    metadata,
    _id(),
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

api_keys = Table(
    "api_keys",
    metadata,
    _id(),
    _ref("site_id", "sites.id"),
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
    _id(),
    _ref("site_id", "sites.id"),
    _ref("key_id", "api_keys.id"),
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

labels = Table(
    "labels",
    metadata,
    Column("decision_id", String(26), primary_key=True, comment="the person's decision that says so"),
    _ref("site_id", "sites.id"),
    _ref("comment_id", "comments.id"),
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
    _id(),
    _ref("site_id", "sites.id"),
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

# Somebody asks for another look at a comment; the views Reported, Escalated and Appeals are made of these.
concerns = Table(
    "concerns",
    metadata,
    _id(),
    _ref("site_id", "sites.id"),
    _ref("comment_id", "comments.id"),
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
    _id(),
    _ref("site_id", "sites.id"),
    Column("subject", String(40), nullable=False, comment="comment:id or author:id"),
    _ref("moderator_id", "moderators.id"),
    Column("text", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_notes_subject", "subject", "id"),
)

# What a moderator wrote beside a decision: one text for the team, one for the comment's author.
decision_texts = Table(
    "decision_texts",
    metadata,
    Column("decision_id", String(26), ForeignKey("decisions.id"), primary_key=True),
    Column("for_team", Text, nullable=False),
    Column("for_author", Text, nullable=False),
)

author_standings = Table(
    "author_standings",
    metadata,
    _id(),
    _ref("site_id", "sites.id"),
    _ref("author_id", "authors.id"),
    _ref("moderator_id", "moderators.id"),
    Column("standing_before", String(16), nullable=False),
    Column("until_before", BigInteger),
    Column("standing", String(16), nullable=False),
    Column("until", BigInteger),
    Column("reason", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("undone_at", BigInteger),
    Index("ix_author_standings_author", "author_id", "id"),
)

# One decision on many comments.
bulk_acts = Table(
    "bulk_acts",
    metadata,
    _id(),
    _ref("moderator_id", "moderators.id"),
    Column("verdict", String(16), nullable=False),
    Column("reason", String(40), nullable=False),
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

saved_filters = Table(
    "saved_filters",
    metadata,
    _id(),
    _ref("moderator_id", "moderators.id"),
    Column("name", String(80), nullable=False),
    Column("query", Text, nullable=False, comment="as in the address of the page"),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("moderator_id", "name"),
)

moderator_settings = Table(
    "moderator_settings",
    metadata,
    Column("moderator_id", String(26), ForeignKey("moderators.id"), primary_key=True),
    Column("settings", Text, nullable=False, comment="JSON: keys, masking, breaks"),
)

# What was brought in from elsewhere, by what it was there: a second import knows it again.
imported = Table(
    "imported",
    metadata,
    Column("site_id", String(26), ForeignKey("sites.id"), primary_key=True),
    Column("digest", String(32), primary_key=True, comment="of the format, where it came from and its id there"),
    _ref("comment_id", "comments.id"),
    Index("ix_imported_comment", "comment_id"),
)

# How far the index for the search has come; the index itself is each database's own kind (search_index.py).
search_progress = Table(
    "search_progress",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("upto", String(26), nullable=False, comment="the newest comment looked at"),
)

site_days = Table(
    "site_days",
    metadata,
    Column("site_id", String(26), ForeignKey("sites.id"), primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False, comment="since the epoch, UTC"),
    Column("name", String(40), primary_key=True, comment="what was counted: band:review, decided, wait:p50"),
    Column("value", Float, nullable=False),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("beat_at", BigInteger, nullable=False),
)
