"""what the encoder made of each comment's words"""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'sentence_vectors',
        sa.Column('comment_id', sa.String(length=26), nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.Column('encoder', sa.String(length=80), nullable=False, comment='vectors of two encoders cannot be compared'),
        sa.Column('vector', sa.LargeBinary(), nullable=False, comment='512 little-endian numbers of two bytes'),
        sa.PrimaryKeyConstraint('comment_id', name=op.f('pk_sentence_vectors')),
    )


def downgrade() -> None:
    op.drop_table('sentence_vectors')
