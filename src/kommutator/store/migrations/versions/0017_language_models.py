"""Language models that tenants connect, what they cost, and what they did."""

from kommutator.store.migrations.step import refuse_downgrade, run_sql

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    run_sql("0017_language_models.sql")


def downgrade() -> None:
    refuse_downgrade(revision)
