"""roles at sites, second factors, policies by version, and a sealed log"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

BY_PEOPLE = sa.text("action NOT IN ('comment.first', 'comment.second')")


def upgrade() -> None:
    op.create_table(
        'audit_seals',
        sa.Column('number', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('event_id', sa.String(length=26), nullable=False),
        sa.Column('hash', sa.String(length=64), nullable=False, comment='over the one before and the whole event'),
        sa.PrimaryKeyConstraint('number', name=op.f('pk_audit_seals')),
        sa.UniqueConstraint('event_id', name=op.f('uq_audit_seals_event_id')),
    )
    op.create_table(
        'site_roles',
        sa.Column('moderator_id', sa.String(length=26), nullable=False),
        sa.Column('site_id', sa.String(length=26), nullable=False),
        sa.Column('role', sa.String(length=16), nullable=False, comment='there, instead of the role at every site'),
        sa.ForeignKeyConstraint(['moderator_id'], ['moderators.id'], name=op.f('fk_site_roles_moderator_id')),
        sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_site_roles_site_id')),
        sa.PrimaryKeyConstraint('moderator_id', 'site_id', name=op.f('pk_site_roles')),
    )
    op.create_table(
        'recovery_codes',
        sa.Column('code_digest', sa.String(length=64), nullable=False),
        sa.Column('moderator_id', sa.String(length=26), nullable=False),
        sa.Column('used_at', sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(['moderator_id'], ['moderators.id'], name=op.f('fk_recovery_codes_moderator_id')),
        sa.PrimaryKeyConstraint('code_digest', name=op.f('pk_recovery_codes')),
    )
    op.create_index('ix_recovery_codes_moderator', 'recovery_codes', ['moderator_id'], unique=False)
    op.create_table(
        'site_policies',
        sa.Column('site_id', sa.String(length=26), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('policy', sa.Text(), nullable=False, comment="JSON: the site's own values as of this version"),
        sa.Column('changed_by', sa.String(length=100), nullable=False),
        sa.Column('created_at', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_site_policies_site_id')),
        sa.PrimaryKeyConstraint('site_id', 'version', name=op.f('pk_site_policies')),
    )
    # ADD COLUMN in both databases, without copying the table.
    op.add_column('moderators', sa.Column(
        'totp_sealed', sa.Text(), nullable=True, comment='encrypted secret of the second factor; null: none'))
    op.add_column('moderators', sa.Column(
        'totp_step', sa.BigInteger(), nullable=True,
        comment='the last 30-second step whose code was used: each works once'))
    op.add_column('threads', sa.Column(
        'policy', sa.Text(), nullable=True, comment="JSON: this thread's own values over its site's; null: none"))
    op.create_index(
        'ix_audit_events_people', 'audit_events', ['id'], unique=False, sqlite_where=BY_PEOPLE,
        postgresql_where=BY_PEOPLE)
    op.create_index(
        'ix_audit_events_actor', 'audit_events', ['actor', 'id'], unique=False, sqlite_where=BY_PEOPLE,
        postgresql_where=BY_PEOPLE)
    for statement in append_only(op.get_bind().dialect.name):
        op.execute(statement)


def append_only(dialect: str) -> tuple[str, ...]:
    """The log is added to and never changed: the database itself refuses, whoever asks."""
    tables = ('audit_events', 'audit_seals')
    if dialect == 'sqlite':
        return tuple(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'the log is only added to'); END"
            for table in tables for verb in ('UPDATE', 'DELETE')
        )
    refuse = (
        "CREATE OR REPLACE FUNCTION log_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the log is only added to'; END $$"
    )
    return (refuse, *(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION log_is_only_added_to()"
        for table in tables
    ))


def downgrade() -> None:
    raise NotImplementedError("a log that was sealed is not unsealed; restore a backup instead")
