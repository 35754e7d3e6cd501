from collections.abc import AsyncIterator

import pytest

from tests.support.messengers import Messenger, open_messenger


@pytest.fixture(scope="module")
async def telegram() -> AsyncIterator[Messenger]:
    async with open_messenger("telegram") as running:
        yield running


@pytest.fixture(scope="module")
async def avito() -> AsyncIterator[Messenger]:
    async with open_messenger("avito") as running:
        yield running
