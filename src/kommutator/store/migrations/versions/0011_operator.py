"""Messages of a booking system that leave through us, offers after missed calls."""

from kommutator.store.migrations.step import refuse_downgrade, run_sql

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    run_sql("0011_operator.sql")


def downgrade() -> None:
    refuse_downgrade(revision)
