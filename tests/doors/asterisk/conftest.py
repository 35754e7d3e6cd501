"""A house with two tenants behind the paths of the Asterisk family."""

import pytest

from kommutator.doors.http import asterisk
from kommutator.doors.http.app import create_app
from kommutator.flows.house import House
from tests.support.asgi import Asgi
from tests.support.tenants import here, house, there

__all__ = ["door", "here", "house", "there"]


@pytest.fixture
def door(house: House) -> Asgi:
    """A caller without any credentials."""
    return Asgi(create_app(house, families={"asterisk": asterisk.add}))
