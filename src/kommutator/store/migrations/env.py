"""Alembic's way in. `store.migrate` hands over the connection; there is no command line."""

from __future__ import annotations

from alembic import context
from sqlalchemy import text

_LOCK_TIMEOUT = "5s"

connection = context.config.attributes["connection"]
context.configure(connection=connection, transactional_ddl=True)
with context.begin_transaction():
    # A table held by a long transaction must fail the step, not queue everybody behind it.
    connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))
    context.run_migrations()
