from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from kommutator.kit.clock import ManualClock
from tests.support.yclients_town import YTown, open_yclients
from tests.twins.yclients.salon.booth import Booth, build

# A Wednesday, eleven in the morning in Moscow.
START = datetime(2026, 7, 22, 8, 0, tzinfo=UTC)


@pytest.fixture
async def town() -> AsyncIterator[YTown]:
    """The standing chain at a time that stands still; nobody minds haste."""
    async with open_yclients(clock=ManualClock(START)) as town:
        yield town


@pytest.fixture
async def booth(town: YTown) -> Booth:
    """A branch of one's own with two employees, open to everybody, empty."""
    return await build(town)
