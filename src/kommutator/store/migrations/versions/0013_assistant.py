"""Talks of the assistant with clients, turn by turn."""

from kommutator.store.migrations.step import refuse_downgrade, run_sql

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    run_sql("0013_assistant.sql")


def downgrade() -> None:
    refuse_downgrade(revision)
