"""concerns, notes, standings of authors, decisions on many comments, saved filters, and a search index"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('search_progress',
    sa.Column('name', sa.String(length=20), nullable=False),
    sa.Column('upto', sa.String(length=26), nullable=False, comment='the newest comment looked at'),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_search_progress'))
    )
    op.create_table('bulk_acts',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('moderator_id', sa.String(length=26), nullable=False),
    sa.Column('verdict', sa.String(length=16), nullable=False),
    sa.Column('reason', sa.String(length=40), nullable=False),
    sa.Column('chosen_by', sa.Text(), nullable=False, comment='JSON: the filter that chose the comments'),
    sa.Column('stage', sa.String(length=16), nullable=False, comment='deciding, decided, undoing, undone'),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('closes_at', sa.BigInteger(), nullable=False, comment='until then it can be undone, and nothing leaves the house'),
    sa.ForeignKeyConstraint(['moderator_id'], ['moderators.id'], name=op.f('fk_bulk_acts_moderator_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bulk_acts'))
    )
    op.create_index('ix_bulk_acts_moderator', 'bulk_acts', ['moderator_id', 'id'], unique=False)
    op.create_index('ix_bulk_acts_unfinished', 'bulk_acts', ['id'], unique=False, sqlite_where=sa.text("stage IN ('deciding', 'undoing')"), postgresql_where=sa.text("stage IN ('deciding', 'undoing')"))
    op.create_table('moderator_settings',
    sa.Column('moderator_id', sa.String(length=26), nullable=False),
    sa.Column('settings', sa.Text(), nullable=False, comment='JSON: keys, masking, breaks'),
    sa.ForeignKeyConstraint(['moderator_id'], ['moderators.id'], name=op.f('fk_moderator_settings_moderator_id')),
    sa.PrimaryKeyConstraint('moderator_id', name=op.f('pk_moderator_settings'))
    )
    op.create_table('notes',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('site_id', sa.String(length=26), nullable=False),
    sa.Column('subject', sa.String(length=40), nullable=False, comment='comment:id or author:id'),
    sa.Column('moderator_id', sa.String(length=26), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['moderator_id'], ['moderators.id'], name=op.f('fk_notes_moderator_id')),
    sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_notes_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notes'))
    )
    op.create_index('ix_notes_subject', 'notes', ['subject', 'id'], unique=False)
    op.create_table('saved_filters',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('moderator_id', sa.String(length=26), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('query', sa.Text(), nullable=False, comment='as in the address of the page'),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['moderator_id'], ['moderators.id'], name=op.f('fk_saved_filters_moderator_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_filters')),
    sa.UniqueConstraint('moderator_id', 'name', name=op.f('uq_saved_filters_moderator_id_name'))
    )
    op.create_table('author_standings',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('site_id', sa.String(length=26), nullable=False),
    sa.Column('author_id', sa.String(length=26), nullable=False),
    sa.Column('moderator_id', sa.String(length=26), nullable=False),
    sa.Column('standing_before', sa.String(length=16), nullable=False),
    sa.Column('until_before', sa.BigInteger(), nullable=True),
    sa.Column('standing', sa.String(length=16), nullable=False),
    sa.Column('until', sa.BigInteger(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('undone_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['author_id'], ['authors.id'], name=op.f('fk_author_standings_author_id')),
    sa.ForeignKeyConstraint(['moderator_id'], ['moderators.id'], name=op.f('fk_author_standings_moderator_id')),
    sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_author_standings_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_author_standings'))
    )
    op.create_index('ix_author_standings_author', 'author_standings', ['author_id', 'id'], unique=False)
    op.create_table('bulk_items',
    sa.Column('bulk_id', sa.String(length=26), nullable=False),
    sa.Column('comment_id', sa.String(length=26), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False, comment='of the comment as it was chosen'),
    sa.Column('ending', sa.String(length=16), nullable=False, comment='waiting, decided, passed_over, undone, kept'),
    sa.Column('decision_id', sa.String(length=26), nullable=True),
    sa.ForeignKeyConstraint(['bulk_id'], ['bulk_acts.id'], name=op.f('fk_bulk_items_bulk_id')),
    sa.ForeignKeyConstraint(['comment_id'], ['comments.id'], name=op.f('fk_bulk_items_comment_id')),
    sa.PrimaryKeyConstraint('bulk_id', 'comment_id', name=op.f('pk_bulk_items'))
    )
    op.create_index('ix_bulk_items_ending', 'bulk_items', ['bulk_id', 'ending'], unique=False)
    op.create_table('concerns',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('site_id', sa.String(length=26), nullable=False),
    sa.Column('comment_id', sa.String(length=26), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False, comment='report, escalation, appeal'),
    sa.Column('once', sa.String(length=120), nullable=False, comment='what makes it the same concern again'),
    sa.Column('reason', sa.String(length=40), nullable=False, comment='of a report: one of a few codes'),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('raised_by', sa.String(length=100), nullable=False, comment='moderator:id, reader:digest of a network address, author'),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('answer', sa.Text(), nullable=True),
    sa.Column('answered_by', sa.String(length=100), nullable=True),
    sa.Column('settled_at', sa.BigInteger(), nullable=True, comment='null: open'),
    sa.Column('settled_by', sa.String(length=26), nullable=True, comment='the decision that settled it, if one did'),
    sa.ForeignKeyConstraint(['comment_id'], ['comments.id'], name=op.f('fk_concerns_comment_id')),
    sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_concerns_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_concerns')),
    sa.UniqueConstraint('once', name=op.f('uq_concerns_once'))
    )
    op.create_index('ix_concerns_comment', 'concerns', ['comment_id'], unique=False)
    op.create_index('ix_concerns_open', 'concerns', ['site_id', 'kind', 'created_at'], unique=False, sqlite_where=sa.text('settled_at IS NULL'), postgresql_where=sa.text('settled_at IS NULL'))
    op.create_index('ix_concerns_settled_by', 'concerns', ['settled_by'], unique=False, sqlite_where=sa.text('settled_by IS NOT NULL'), postgresql_where=sa.text('settled_by IS NOT NULL'))
    op.create_table('decision_texts',
    sa.Column('decision_id', sa.String(length=26), nullable=False),
    sa.Column('for_team', sa.Text(), nullable=False),
    sa.Column('for_author', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['decision_id'], ['decisions.id'], name=op.f('fk_decision_texts_decision_id')),
    sa.PrimaryKeyConstraint('decision_id', name=op.f('pk_decision_texts'))
    )
    for statement in search_index(op.get_bind().dialect.name):
        op.execute(statement)


def search_index(dialect: str) -> tuple[str, ...]:
    """Words of the current revision, added by the clock and never by a request; gone with the text they came from."""
    if dialect == 'sqlite':
        forget = (
            "INSERT INTO search_words(search_words, rowid, name, body) "
            "SELECT 'delete', number, OLD.name, OLD.text FROM search_entries "
            "WHERE comment_id = OLD.comment_id AND revision = OLD.revision; "
            "DELETE FROM search_entries WHERE comment_id = OLD.comment_id AND revision = OLD.revision;"
        )
        return (
            "CREATE TABLE search_entries (number INTEGER PRIMARY KEY, comment_id VARCHAR(26) NOT NULL UNIQUE, "
            "revision INTEGER NOT NULL)",
            "CREATE VIRTUAL TABLE search_words USING fts5(name, body, content='', "
            "tokenize=\"unicode61 remove_diacritics 2\")",
            f"CREATE TRIGGER search_forgets_deleted BEFORE DELETE ON revisions BEGIN {forget} END",
            f"CREATE TRIGGER search_forgets_changed BEFORE UPDATE OF name, text ON revisions BEGIN {forget} END",
        )
    return (
        "CREATE TABLE search_entries (comment_id VARCHAR(26) PRIMARY KEY, revision INTEGER NOT NULL, "
        "words TSVECTOR NOT NULL)",
        "CREATE INDEX ix_search_entries_words ON search_entries USING gin(words)",
        "CREATE OR REPLACE FUNCTION search_forgets() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "DELETE FROM search_entries WHERE comment_id = OLD.comment_id AND revision = OLD.revision; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER search_forgets BEFORE DELETE OR UPDATE OF name, text ON revisions "
        "FOR EACH ROW EXECUTE FUNCTION search_forgets()",
    )


def downgrade() -> None:
    raise NotImplementedError("what people wrote would be lost; restore a backup instead")
