"""One-use tokens of the page that links a phone."""

from kommutator.store.migrations.step import refuse_downgrade, run_sql

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    run_sql("0016_linking.sql")


def downgrade() -> None:
    refuse_downgrade(revision)
