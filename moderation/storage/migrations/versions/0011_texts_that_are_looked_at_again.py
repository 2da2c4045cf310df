"""texts that other programs showed us and that a worker looks at again"""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'shown_texts',
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.Column('site_id', sa.String(length=26), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False, comment='keyed hash of the site and the words, to know them again'),
        sa.Column('sealed', sa.Text(), nullable=True, comment='encrypted: the words, name and website; null once a worker has read them'),
        sa.Column('spam', sa.Boolean(), nullable=True, comment='what the second look says; null: not yet'),
        sa.Column('created_at', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_shown_texts_site_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_shown_texts')),
        sa.UniqueConstraint('site_id', 'digest', name=op.f('uq_shown_texts_site_id_digest')),
    )
    op.create_index('ix_shown_texts_created_at', 'shown_texts', ['created_at'], unique=False)


def downgrade() -> None:
    op.drop_table('shown_texts')
