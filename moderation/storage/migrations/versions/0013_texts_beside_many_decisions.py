"""texts beside a decision on many"""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ('for_team', 'for_author'):
        op.add_column('bulk_acts', sa.Column(name, sa.Text(), nullable=False, server_default=''))


def downgrade() -> None:
    raise NotImplementedError("what was written beside decisions would be lost; restore a backup instead")
