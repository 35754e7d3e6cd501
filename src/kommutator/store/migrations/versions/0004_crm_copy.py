"""A local copy of a CRM's contacts, companies, leads and references."""

from kommutator.store.migrations.step import refuse_downgrade, run_sql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run_sql("0004_crm_copy.sql")


def downgrade() -> None:
    refuse_downgrade(revision)
