"""Bulk writes to a CRM, item by item."""

from kommutator.store.migrations.step import refuse_downgrade, run_sql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run_sql("0005_bulk.sql")


def downgrade() -> None:
    refuse_downgrade(revision)
