"""what people said about comments, and the bands that follow from it"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'labels',
        sa.Column('decision_id', sa.String(length=26), nullable=False, comment="the person's decision that says so"),
        sa.Column('site_id', sa.String(length=26), nullable=False),
        sa.Column('comment_id', sa.String(length=26), nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.Column('source', sa.String(length=16), nullable=False, comment='moderator, audit, appeal'),
        sa.Column('verdict', sa.String(length=16), nullable=False, comment='approved, rejected or spam'),
        sa.Column('judged', sa.String(length=26), nullable=True, comment='the automatic decision whose audit this is'),
        sa.Column('probability', sa.Float(), nullable=False, comment='with which this comment came before a person; 1: always'),
        sa.Column('created_at', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(['comment_id'], ['comments.id'], name=op.f('fk_labels_comment_id')),
        sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_labels_site_id')),
        sa.PrimaryKeyConstraint('decision_id', name=op.f('pk_labels')),
    )
    op.create_index('ix_labels_comment', 'labels', ['comment_id', 'revision'])
    op.create_index('ix_labels_site', 'labels', ['site_id', 'source', 'created_at'])
    op.create_table(
        'site_bands',
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.Column('site_id', sa.String(length=26), nullable=False),
        sa.Column('model', sa.String(length=100), nullable=False, comment='these thresholds mean nothing to another model'),
        sa.Column('kind', sa.String(length=16), nullable=False, comment='chosen: certified by labels; tightened: a budget did not hold'),
        sa.Column('approve_below', sa.Float(), nullable=False),
        sa.Column('reject_from', sa.Float(), nullable=False),
        sa.Column('spam_from', sa.Float(), nullable=False),
        sa.Column('because', sa.Text(), nullable=False, comment='JSON list of sentences'),
        sa.Column('evidence', sa.Text(), nullable=False, comment='JSON: counts and bounds it rests on'),
        sa.Column('created_at', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_site_bands_site_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_site_bands')),
    )
    op.create_index('ix_site_bands_site', 'site_bands', ['site_id', 'model', 'id'])


def downgrade() -> None:
    op.drop_table('site_bands')
    op.drop_table('labels')
