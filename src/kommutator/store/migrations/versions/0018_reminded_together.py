"""A reminder may name several visits."""

from kommutator.store.migrations.step import refuse_downgrade, run_sql

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    run_sql("0018_reminded_together.sql")


def downgrade() -> None:
    refuse_downgrade(revision)
