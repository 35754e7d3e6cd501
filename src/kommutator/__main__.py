"""`python -m kommutator`."""

from kommutator.cli import app

app()
