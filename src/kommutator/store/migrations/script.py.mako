"""${message}."""

from kommutator.store.migrations.step import refuse_downgrade, run_sql

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    run_sql("${up_revision}_${slug}.sql")


def downgrade() -> None:
    refuse_downgrade(revision)
