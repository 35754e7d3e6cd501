"""The copy of salons: services, staff, hours, clients, visits."""

from kommutator.store.migrations.step import refuse_downgrade, run_sql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    run_sql("0008_salon.sql")


def downgrade() -> None:
    refuse_downgrade(revision)
