"""Sessions of WhatsApp: keys, states, news for the page that links a phone."""

from kommutator.store.migrations.step import refuse_downgrade, run_sql

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    run_sql("0012_whatsapp.sql")


def downgrade() -> None:
    refuse_downgrade(revision)
