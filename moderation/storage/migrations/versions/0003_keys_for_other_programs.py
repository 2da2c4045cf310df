"""keys for other programs, how much they are used, and the verdicts they send back"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'api_keys',
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.Column('site_id', sa.String(length=26), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False, comment='keyed hash; the key itself is shown once and kept nowhere'),
        sa.Column('ends_with', sa.String(length=2), nullable=False, comment='to tell keys apart in a list'),
        sa.Column('name', sa.String(length=80), nullable=False),
        sa.Column('coral_secret_sealed', sa.Text(), nullable=True, comment="encrypted; Coral's signing secret, for a key whose requests are signed"),
        sa.Column('created_by', sa.String(length=100), nullable=False),
        sa.Column('created_at', sa.BigInteger(), nullable=False),
        sa.Column('revoked_at', sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_api_keys_site_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_api_keys')),
        sa.UniqueConstraint('digest', name=op.f('uq_api_keys_digest')),
    )
    op.create_index('ix_api_keys_site', 'api_keys', ['site_id', 'id'])
    op.create_table(
        'key_usage',
        sa.Column('key_id', sa.String(length=26), nullable=False),
        sa.Column('day', sa.Integer(), autoincrement=False, nullable=False, comment='days since the epoch, UTC'),
        sa.Column('blog', sa.String(length=255), nullable=False, comment='the host that asked, where it said so'),
        sa.Column('calls', sa.Integer(), nullable=False),
        sa.Column('spam', sa.Integer(), nullable=False),
        sa.Column('ham', sa.Integer(), nullable=False),
        sa.Column('missed_spam', sa.Integer(), nullable=False),
        sa.Column('false_positives', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['key_id'], ['api_keys.id'], name=op.f('fk_key_usage_key_id')),
        sa.PrimaryKeyConstraint('key_id', 'day', 'blog', name=op.f('pk_key_usage')),
    )
    op.create_table(
        'feedback',
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.Column('site_id', sa.String(length=26), nullable=False),
        sa.Column('key_id', sa.String(length=26), nullable=False),
        sa.Column('source', sa.String(length=40), nullable=False, comment="the protocol's call that brought it"),
        sa.Column('verdict', sa.String(length=16), nullable=False, comment='approved, rejected or spam: what a moderator elsewhere decided'),
        sa.Column('attributes', sa.Text(), nullable=False, comment='JSON: the attributes that were named, each 0..1'),
        sa.Column('text_digest', sa.BigInteger(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('created_at', sa.BigInteger(), nullable=False, comment='when this verdict came last'),
        sa.ForeignKeyConstraint(['key_id'], ['api_keys.id'], name=op.f('fk_feedback_key_id')),
        sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_feedback_site_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_feedback')),
        sa.UniqueConstraint('key_id', 'text_digest', name=op.f('uq_feedback_key_id_text_digest')),
    )
    op.create_index('ix_feedback_site', 'feedback', ['site_id', 'created_at'])
    op.create_index('ix_feedback_key', 'feedback', ['key_id', 'created_at'])


def downgrade() -> None:
    op.drop_table('feedback')
    op.drop_table('key_usage')
    op.drop_table('api_keys')
