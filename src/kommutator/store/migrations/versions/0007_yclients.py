"""YClients: installations of our application, one-time ways in."""

from kommutator.store.migrations.step import refuse_downgrade, run_sql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run_sql("0007_yclients.sql")


def downgrade() -> None:
    refuse_downgrade(revision)
