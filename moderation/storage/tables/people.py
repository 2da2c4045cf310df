"""Who may sign in at the desk, as what, and how they prove it."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from moderation.storage.tables.base import id_column, metadata, ref

moderators = Table(
    "moderators",
    metadata,
    id_column(),
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
    ref("moderator_id", "moderators.id"),
    Column("used_at", BigInteger),
    Index("ix_recovery_codes_moderator", "moderator_id"),
)

passkeys = Table(
    "passkeys",
    metadata,
    id_column(),
    ref("moderator_id", "moderators.id"),
    Column("credential", String(1400), nullable=False, unique=True, comment="its id, base64url"),
    Column("public_key", LargeBinary, nullable=False, comment="COSE"),
    Column("uses", BigInteger, nullable=False, comment="what the key itself counts; many count nothing"),
    Column("name", String(80), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Index("ix_passkeys_moderator", "moderator_id"),
)

answered_challenges = Table(
    "answered_challenges",
    metadata,
    Column("digest", String(64), primary_key=True, comment="SHA-256 of a challenge: each is answered once"),
    Column("answered_at", BigInteger, nullable=False),
)

identities = Table(
    "identities",
    metadata,
    Column("issuer", String(400), primary_key=True, comment="the provider's address"),
    Column("subject", String(255), primary_key=True, comment="who that is there, for good"),
    ref("moderator_id", "moderators.id"),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_identities_moderator", "moderator_id"),
)

sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("token_digest", String(64), primary_key=True),
    ref("moderator_id", "moderators.id"),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_digest", String(64), primary_key=True),
    ref("moderator_id", "moderators.id"),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("ix_sessions_moderator", "moderator_id"),
)

moderator_settings = Table(
    "moderator_settings",
    metadata,
    Column("moderator_id", String(26), ForeignKey("moderators.id"), primary_key=True),
    Column("settings", Text, nullable=False, comment="JSON: keys, masking, breaks"),
)

saved_filters = Table(
    "saved_filters",
    metadata,
    id_column(),
    ref("moderator_id", "moderators.id"),
    Column("name", String(80), nullable=False),
    Column("query", Text, nullable=False, comment="as in the address of the page"),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("moderator_id", "name"),
)
