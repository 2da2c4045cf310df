"""numbers by day"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'site_days',
        sa.Column('site_id', sa.String(length=26), nullable=False),
        sa.Column('day', sa.Integer(), autoincrement=False, nullable=False, comment='since the epoch, UTC'),
        sa.Column('name', sa.String(length=40), nullable=False, comment='what was counted: band:review, decided, wait:p50'),
        sa.Column('value', sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_site_days_site_id')),
        sa.PrimaryKeyConstraint('site_id', 'day', 'name', name=op.f('pk_site_days')),
    )


def downgrade() -> None:
    op.drop_table('site_days')
