"""passkeys, and who people are elsewhere"""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'passkeys',
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.Column('moderator_id', sa.String(length=26), nullable=False),
        sa.Column('credential', sa.String(length=1400), nullable=False, comment='its id, base64url'),
        sa.Column('public_key', sa.LargeBinary(), nullable=False, comment='COSE'),
        sa.Column('uses', sa.BigInteger(), nullable=False, comment='what the key itself counts; many count nothing'),
        sa.Column('name', sa.String(length=80), nullable=False),
        sa.Column('created_at', sa.BigInteger(), nullable=False),
        sa.Column('used_at', sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(['moderator_id'], ['moderators.id'], name=op.f('fk_passkeys_moderator_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_passkeys')),
        sa.UniqueConstraint('credential', name=op.f('uq_passkeys_credential')),
    )
    op.create_index('ix_passkeys_moderator', 'passkeys', ['moderator_id'], unique=False)
    op.create_table(
        'answered_challenges',
        sa.Column('digest', sa.String(length=64), nullable=False, comment='SHA-256 of a challenge: each is answered once'),
        sa.Column('answered_at', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('digest', name=op.f('pk_answered_challenges')),
    )
    op.create_table(
        'identities',
        sa.Column('issuer', sa.String(length=400), nullable=False, comment="the provider's address"),
        sa.Column('subject', sa.String(length=255), nullable=False, comment='who that is there, for good'),
        sa.Column('moderator_id', sa.String(length=26), nullable=False),
        sa.Column('created_at', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(['moderator_id'], ['moderators.id'], name=op.f('fk_identities_moderator_id')),
        sa.PrimaryKeyConstraint('issuer', 'subject', name=op.f('pk_identities')),
    )
    op.create_index('ix_identities_moderator', 'identities', ['moderator_id'], unique=False)


def downgrade() -> None:
    op.drop_table('identities')
    op.drop_table('answered_challenges')
    op.drop_table('passkeys')
