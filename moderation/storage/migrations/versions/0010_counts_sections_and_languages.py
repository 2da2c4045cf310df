"""counts kept beside the comments, sections of pages, languages of comments"""

import sqlalchemy as sa
from alembic import op

from moderation.domain.section import section_of

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

UNSCORED = "state = 'pending' AND band = 'unscored'"


def upgrade() -> None:
    op.create_table('tallies',
    sa.Column('site_id', sa.String(length=26), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_tallies_site_id')),
    sa.PrimaryKeyConstraint('site_id', 'state', name=op.f('pk_tallies'))
    )
    op.create_table('tally_changes',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('site_id', sa.String(length=26), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('change', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tally_changes'))
    )
    op.create_index('ix_comments_unscored', 'comments', ['site_id', 'queue_key'], unique=False,
    sqlite_where=sa.text(UNSCORED), postgresql_where=sa.text(UNSCORED))
    op.add_column('threads', sa.Column('section', sa.String(length=80), nullable=False, server_default='',
    comment="as the page said, or its address's first part"))
    _name_sections()
    op.create_index('ix_threads_section', 'threads', ['site_id', 'section'], unique=False)
    # The clock goes through what is there already, a few hundred at a time.
    op.execute("ALTER TABLE search_entries ADD COLUMN language VARCHAR(8)")
    op.execute("CREATE INDEX ix_search_entries_language ON search_entries (language, comment_id)")


def _name_sections() -> None:
    conn = op.get_bind()
    rows = conn.execute(sa.text("SELECT id, url FROM threads")).all()
    named = [{"id": row.id, "section": section_of(row.url)} for row in rows]
    if named:
        conn.execute(sa.text("UPDATE threads SET section = :section WHERE id = :id"), named)


def downgrade() -> None:
    raise NotImplementedError("sections that pages named themselves would be lost; restore a backup instead")
