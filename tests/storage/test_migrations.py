"""The migrations end where the schema says, on both databases."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from moderation.storage.database import open_database
from moderation.storage.schema import metadata


def test_the_migrated_database_is_what_the_schema_says(database_url: str) -> None:
    database = open_database(database_url)
    try:
        with database.engine.connect() as conn:
            context = MigrationContext.configure(conn, opts={"include_name": _ours})
            differences = compare_metadata(context, metadata)
    finally:
        database.close()
    assert not differences


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    """The search index is each database's own kind, written in SQL by its migration."""
    return not (kind == "table" and str(name).startswith(("search_entries", "search_words")))
