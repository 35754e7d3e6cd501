"""What can go wrong with the embedded server.

PostgresError
├── PostgresBinariesMissingError   nothing to start, or the wrong major version
└── PostgresStartError             found, but it does not come up; carries the end of its log
"""


class PostgresError(RuntimeError):
    """Any failure of the embedded server."""


class PostgresBinariesMissingError(PostgresError):
    """No PostgreSQL binaries that fit; the message says what to install."""


class PostgresStartError(PostgresError):
    """The server or its ``initdb`` failed; the message ends with what it logged."""
