"""What may be read of a salon before it has let us in."""

import pytest

from kommutator.connectors.crm.yclients.errors import YClientsError
from kommutator.connectors.crm.yclients.public import public_salon
from tests.connectors.yclients.scripted import bench, no, ok


async def test_by_the_partner_alone() -> None:
    here = bench(ok({"id": "5", "title": "A", "timezone_name": "Asia/Omsk"}))
    salon = await public_salon(here.clients, 5)
    assert (salon.title, salon.time_zone) == ("A", "Asia/Omsk")
    assert here.wire.sent[0].headers["Authorization"] == "Bearer partner-s3cret"


@pytest.mark.parametrize("said", [ok({"id": 6}), ok([]), no(404, "Филиал не найден.")])
async def test_another_salon_or_none(said: object) -> None:
    here = bench(said)  # type: ignore[arg-type]  # an answer
    with pytest.raises(YClientsError):
        await public_salon(here.clients, 5)
