"""Messengers, chats, notices."""

from kommutator.store.migrations.step import refuse_downgrade, run_sql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    run_sql("0009_channels.sql")


def downgrade() -> None:
    refuse_downgrade(revision)
