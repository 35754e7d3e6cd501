"""Messages nobody asked for: consent, limits, what is due."""

from kommutator.store.migrations.step import refuse_downgrade, run_sql

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    run_sql("0014_outreach.sql")


def downgrade() -> None:
    refuse_downgrade(revision)
