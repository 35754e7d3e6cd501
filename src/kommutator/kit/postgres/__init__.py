"""An ordinary PostgreSQL server started and watched by our own process.

The rest of the house only ever sees a DSN, so a machine without a database server runs the
same code path as production. Linux only: it relies on ``/proc`` and the parent-death signal.

The binaries are those of the distribution or of a wheel that merely carries them.
"""

from kommutator.kit.postgres.embedded import EmbeddedPostgres
from kommutator.kit.postgres.errors import (
    PostgresBinariesMissingError,
    PostgresError,
    PostgresStartError,
)

__all__ = [
    "EmbeddedPostgres",
    "PostgresBinariesMissingError",
    "PostgresError",
    "PostgresStartError",
]
