"""The schema's history: one Alembic file per step, each running the SQL file of its number."""
