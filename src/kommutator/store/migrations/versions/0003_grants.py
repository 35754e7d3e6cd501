"""amoCRM: accounts of people, OAuth grants, installations nobody has claimed."""

from kommutator.store.migrations.step import refuse_downgrade, run_sql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run_sql("0003_grants.sql")


def downgrade() -> None:
    refuse_downgrade(revision)
