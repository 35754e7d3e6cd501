from collections.abc import AsyncIterator

import pytest

from tests.support.talks import Talks, open_talks


@pytest.fixture
async def talks(database_url: str) -> AsyncIterator[Talks]:
    async with open_talks(database_url) as opened:
        yield opened
