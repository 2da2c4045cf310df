"""Runs migrations through the same engine as the service, so that SQLite's settings hold here too."""

from alembic import context

from moderation.storage.database import open_database
from moderation.storage.schema import metadata


def run() -> None:
    database = open_database(context.config.get_main_option("sqlalchemy.url") or "")
    try:
        with database.engine.execution_options(sqlite_begin="IMMEDIATE").connect() as connection:
            context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
            with context.begin_transaction():
                if connection.dialect.name == "postgresql":
                    # Two hosts that start together migrate one after the other.
                    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(717213)")
                context.run_migrations()
            connection.commit()
    finally:
        database.close()


run()
