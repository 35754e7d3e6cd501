"""Telephony complete: phone book, answers to "who takes this call?", recordings."""

from kommutator.store.migrations.step import refuse_downgrade, run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_sql("0002_telephony.sql")


def downgrade() -> None:
    refuse_downgrade(revision)
