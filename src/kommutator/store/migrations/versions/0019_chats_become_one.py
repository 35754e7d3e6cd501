"""What remembers a chat without pointing to it moves along when two chats become one."""

from kommutator.store.migrations.step import refuse_downgrade, run_sql

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    run_sql("0019_chats_become_one.sql")


def downgrade() -> None:
    refuse_downgrade(revision)
