"""The auto-dialer's campaigns."""

from kommutator.store.migrations.step import refuse_downgrade, run_sql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run_sql("0006_campaigns.sql")


def downgrade() -> None:
    refuse_downgrade(revision)
