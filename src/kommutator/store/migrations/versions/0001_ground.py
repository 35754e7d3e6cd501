"""The ground: tenants, people, connections; journal, outbox, attempts, lanes; calls."""

from kommutator.store.migrations.step import refuse_downgrade, run_sql

revision = "0001"
down_revision = None


def upgrade() -> None:
    run_sql("0001_ground.sql")


def downgrade() -> None:
    refuse_downgrade(revision)
