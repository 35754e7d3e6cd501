"""What the inbox and the assistant's settings need."""

from kommutator.store.migrations.step import refuse_downgrade, run_sql

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    run_sql("0017_inbox.sql")


def downgrade() -> None:
    refuse_downgrade(revision)
