"""decisions worth a second reading"""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'second_readings',
        sa.Column('comment_id', sa.String(length=26), nullable=False),
        sa.Column('site_id', sa.String(length=26), nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.Column('verdict', sa.String(length=16), nullable=False, comment="the decision that the site's other decisions contradict"),
        sa.Column('place', sa.Integer(), nullable=False, comment='0: the most contradicted'),
        sa.Column('offered_at', sa.BigInteger(), nullable=False),
        sa.Column('answer', sa.String(length=16), nullable=True, comment='kept or changed; null: nobody has read it again'),
        sa.Column('answered_by', sa.String(length=26), nullable=True),
        sa.Column('answered_at', sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(['comment_id'], ['comments.id'], name=op.f('fk_second_readings_comment_id')),
        sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_second_readings_site_id')),
        sa.PrimaryKeyConstraint('comment_id', name=op.f('pk_second_readings')),
    )
    op.create_index('ix_second_readings_site', 'second_readings', ['site_id', 'answer', 'place'], unique=False)


def downgrade() -> None:
    op.drop_table('second_readings')
