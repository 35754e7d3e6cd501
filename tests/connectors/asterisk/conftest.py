"""A played peer and a link to it."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from kommutator.connectors.pbx.asterisk.ami import AmiLink
from kommutator.kit.clock import SystemClock
from kommutator.kit.ids import SequenceIds
from tests.connectors.asterisk.peer import Peer

MakeLink = Callable[..., AmiLink]


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    async with Peer() as played:
        yield played


@pytest.fixture
async def make_link() -> AsyncIterator[MakeLink]:
    """Start a link: `make_link(address, **options)`; stopped after the test."""
    links: list[AmiLink] = []

    def make(address: Any, **options: Any) -> AmiLink:
        link = AmiLink(address, clock=SystemClock(), ids=SequenceIds(), **options)
        links.append(link)
        link.start()
        return link

    yield make
    for link in links:
        await link.stop()
