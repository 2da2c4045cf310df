"""The migrations end where the schema says, on both databases."""

import pkgutil
import sys

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import BigInteger, Column, MetaData

from moderation.storage import schema, tables
from moderation.storage.database import open_database
from moderation.storage.schema import metadata


def test_the_migrated_database_is_what_the_schema_says(database_url: str) -> None:
    assert not _differences(database_url, metadata)


def test_a_column_or_an_index_that_no_migration_makes_is_noticed(database_url: str) -> None:
    other = MetaData()
    for table in metadata.tables.values():
        table.to_metadata(other)
    other.tables["notes"].append_column(Column("forgotten_at", BigInteger))
    other.tables["claims"].indexes.clear()
    kinds = {difference[0] for difference in _differences(database_url, other)}
    assert {"add_column", "remove_index"} <= kinds


def test_the_schema_gathers_every_table_of_every_family() -> None:
    families = {f"{tables.__name__}.{found.name}" for found in pkgutil.iter_modules(tables.__path__)}
    assert families <= set(sys.modules), "a family that schema.py does not import has no migrations either"
    assert {name: getattr(schema, name) for name in metadata.tables} == dict(metadata.tables)
    assert set(schema.__all__) == {*metadata.tables, "metadata"}


def _differences(database_url: str, wanted: MetaData) -> list[tuple[object, ...]]:
    database = open_database(database_url)
    try:
        with database.engine.connect() as conn:
            context = MigrationContext.configure(conn, opts={"include_name": _ours})
            return list(compare_metadata(context, wanted))
    finally:
        database.close()


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    """The search index is each database's own kind, written in SQL by its migration."""
    return not (kind == "table" and str(name).startswith(("search_entries", "search_words")))
