"""A PostgreSQL that these stories may kill."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kommutator.kit.postgres import EmbeddedPostgres

_FAST = {"fsync": "off", "full_page_writes": "off"}  # a kill -9 needs neither to survive


@pytest.fixture
def postgres(postgres_home: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(postgres_home, settings=_FAST)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def logs() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="kommutator-town-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
