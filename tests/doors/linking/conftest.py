from collections.abc import AsyncIterator

import pytest

from tests.support.linking import LinkingTown, open_linking


@pytest.fixture
async def town(database_url: str) -> AsyncIterator[LinkingTown]:
    async with open_linking(database_url) as opened:
        yield opened
