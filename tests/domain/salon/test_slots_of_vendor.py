"""Our free starts are the vendor's: on salons made by chance, with all their breaks and events."""

from collections.abc import AsyncIterator

import pytest

from kommutator.connectors.crm.yclients.reads import YClientsReader
from kommutator.kit.clock import SystemClock
from kommutator.kit.http import HttpClient
from tests.domain.salon.vendor_salons import differences, reader_of
from tests.support.yclients_town import YTown, open_yclients

QUICK = range(40)
ALL = range(40, 500)


@pytest.fixture
async def town() -> AsyncIterator[YTown]:
    async with open_yclients() as town:
        yield town


@pytest.fixture
async def reader(town: YTown) -> AsyncIterator[YClientsReader]:
    http = HttpClient(clock=SystemClock(), allowed_hosts=frozenset({"127.0.0.1"}))
    yield reader_of(town, http)
    await http.close()


@pytest.mark.parametrize("seeds", [QUICK, pytest.param(ALL, marks=pytest.mark.slow)])
async def test_free_starts_are_the_vendors_own(
    town: YTown, reader: YClientsReader, seeds: range
) -> None:
    """Each salon: six days, everybody and anybody, one to three services at once."""
    found = [one for seed in seeds for one in await differences(town, reader, seed)]
    assert found == []
