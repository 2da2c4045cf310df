"""All tables, by the name under which the rest of the floor knows them; a file a family in tables/.

SQL is the truth: Redis carries only hints about what is written here. Times are UTC microseconds since the
epoch; ids are 26 characters that sort by time of making.
"""

from moderation.storage.tables.authors import author_standings, authors
from moderation.storage.tables.base import metadata
from moderation.storage.tables.comments import comments, decision_texts, decisions, revisions
from moderation.storage.tables.desk import bulk_acts, bulk_items, claims, concerns, notes, skips, tallies, tally_changes
from moderation.storage.tables.learning import labels, second_readings, site_bands, site_days
from moderation.storage.tables.log import audit_events, audit_seals
from moderation.storage.tables.other_programs import api_keys, feedback, imported, key_usage, shown_texts
from moderation.storage.tables.people import (
    answered_challenges,
    identities,
    moderator_settings,
    moderators,
    passkeys,
    recovery_codes,
    saved_filters,
    sessions,
    sign_in_links,
    site_roles,
)
from moderation.storage.tables.sites import site_policies, sites, threads
from moderation.storage.tables.work import heartbeats, near_duplicate_bands, outbox, search_progress, sentence_vectors

__all__ = [
    "answered_challenges",
    "api_keys",
    "audit_events",
    "audit_seals",
    "author_standings",
    "authors",
    "bulk_acts",
    "bulk_items",
    "claims",
    "comments",
    "concerns",
    "decision_texts",
    "decisions",
    "feedback",
    "heartbeats",
    "identities",
    "imported",
    "key_usage",
    "labels",
    "metadata",
    "moderator_settings",
    "moderators",
    "near_duplicate_bands",
    "notes",
    "outbox",
    "passkeys",
    "recovery_codes",
    "revisions",
    "saved_filters",
    "search_progress",
    "second_readings",
    "sentence_vectors",
    "sessions",
    "shown_texts",
    "sign_in_links",
    "site_bands",
    "site_days",
    "site_policies",
    "site_roles",
    "sites",
    "skips",
    "tallies",
    "tally_changes",
    "threads",
]
