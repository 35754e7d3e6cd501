"""Promise: nobody makes the company's phones call where they should not, and each try is seen.

Whatever is refused leaves no command for the PBX, one count under its reason, and a line in the
audit; a flood of refusals leaves few lines.
"""

from collections.abc import AsyncIterator

import pytest

from kommutator.kit.clock import ManualClock
from tests.security.toll_fraud.company import Company, found
from tests.support.house import open_house


@pytest.fixture
async def company(database_url: str) -> AsyncIterator[Company]:
    clock = ManualClock()
    async with open_house(database_url, clock=clock) as house:
        yield await found(house, "0367", clock)
