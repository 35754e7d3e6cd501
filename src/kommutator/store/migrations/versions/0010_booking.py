"""Wishes to book, holds, messages sent for a booking system."""

from kommutator.store.migrations.step import refuse_downgrade, run_sql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    run_sql("0010_booking.sql")


def downgrade() -> None:
    refuse_downgrade(revision)
