"""sentence vectors of any length: what the schema says of them is all that changes"""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':
        op.alter_column(
            'sentence_vectors', 'vector', existing_type=sa.LargeBinary(), existing_nullable=False,
            comment='little-endian numbers of two bytes', existing_comment='512 little-endian numbers of two bytes',
        )


def downgrade() -> None:
    raise NotImplementedError("vectors of two encoders would be called by the length of one; restore a backup instead")
