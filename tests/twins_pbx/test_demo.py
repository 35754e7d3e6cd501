"""The office that lives by itself."""

from collections.abc import AsyncIterator

import pytest

from kommutator.twins.pbx.demo import DemoOffice
from kommutator.twins.pbx.server import PrivateAsterisk
from tests.support.waiting import eventually

pytestmark = pytest.mark.pbx

CLIENT, OTHER = "+375000000070", "+375000000071"


@pytest.fixture
async def demo(asterisk: PrivateAsterisk) -> AsyncIterator[DemoOffice]:
    async with DemoOffice(asterisk, answer_after_s=0.1, talk_s=20, refresh_s=0.05) as office:
        yield office
        await asterisk.hang_up_everything()


async def test_an_answered_call_ends_after_the_talk(demo: DemoOffice) -> None:
    call = await demo.place_inbound_call(CLIENT, talk_seconds=0.2)
    await call.wait_ended()

    assert call.final_code == 200
    assert 0.2 <= call.ended_at - call.answered_at < 2


async def test_an_unanswered_call_is_given_up_and_the_next_one_answered(demo: DemoOffice) -> None:
    missed = await demo.place_inbound_call(CLIENT, talk_seconds=0.4, answered=False)
    await missed.wait_ended()
    next_one = await demo.place_inbound_call(CLIENT, talk_seconds=5)
    await next_one.wait_answered()

    assert missed.final_code == 487


async def test_a_second_client_is_taken_by_the_second_employee(demo: DemoOffice) -> None:
    first = await demo.place_inbound_call(CLIENT, talk_seconds=10)
    await first.wait_answered()
    second = await demo.place_inbound_call(OTHER, talk_seconds=10)
    await second.wait_answered()

    talking = [[c.peer for c in phone.incoming if c.active] for phone in demo.phones]
    assert talking == [[CLIENT], [OTHER]]


async def test_clients_answer_too(demo: DemoOffice) -> None:
    call = await demo.phones[0].call(CLIENT)

    await call.wait_answered()


async def test_phones_come_back_after_the_pbx_forgot_them(
    demo: DemoOffice, asterisk: PrivateAsterisk
) -> None:
    async def registered() -> bool:
        return "150/sip:" in await asterisk.rx("pjsip show contacts")

    await eventually(registered)
    await asterisk.rx("database deltree registrar")
    assert not await registered()
    await eventually(registered)
