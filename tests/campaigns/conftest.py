"""A scene of its own for each test."""

from collections.abc import AsyncIterator

import pytest

from tests.campaigns.scene import Scene, scene_of


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Scene]:
    async with scene_of(database_url) as opened:
        yield opened
