"""Reminders, reviews, win-back."""

from kommutator.store.migrations.step import refuse_downgrade, run_sql

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    run_sql("0015_reminders.sql")


def downgrade() -> None:
    refuse_downgrade(revision)
