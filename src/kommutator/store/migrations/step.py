"""What every migration step does: run one SQL file, and refuse to go back."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from alembic import op
from sqlalchemy.util import await_only

_SQL = Path(__file__).parent / "sql"


def run_sql(name: str) -> None:
    """Run `sql/<name>` in the step's transaction, through the driver: many statements at once."""
    driver = op.get_bind().connection.driver_connection
    assert driver is not None
    await_only(driver.execute((_SQL / name).read_text(encoding="utf-8")))


def refuse_downgrade(revision: str) -> NoReturn:
    """Data that a step moved cannot be moved back without loss.

    Raises:
        NotImplementedError: always, with the way out.
    """
    raise NotImplementedError(
        f"migration {revision} cannot be undone: restore the backup that was taken before the "
        "upgrade, or run the newer version"
    )
