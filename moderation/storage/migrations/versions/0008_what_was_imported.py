"""what was brought in from elsewhere"""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('imported',
    sa.Column('site_id', sa.String(length=26), nullable=False),
    sa.Column('digest', sa.String(length=32), nullable=False, comment='of the format, where it came from and its id there'),
    sa.Column('comment_id', sa.String(length=26), nullable=False),
    sa.ForeignKeyConstraint(['comment_id'], ['comments.id'], name=op.f('fk_imported_comment_id')),
    sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_imported_site_id')),
    sa.PrimaryKeyConstraint('site_id', 'digest', name=op.f('pk_imported'))
    )
    op.create_index('ix_imported_comment', 'imported', ['comment_id'], unique=False)


def downgrade() -> None:
    raise NotImplementedError("a second import would bring everything in again; restore a backup instead")
