"""Scenarios that busier offices know: picked up, parked, forwarded, conferred, handed on."""

import asyncio

from kommutator.twins.pbx.behaviour import BUSY, answers
from kommutator.twins.pbx.sip.call import Call
from tests.stories.scenarios.stage import (
    CROWD,
    FORWARD,
    MOBILE,
    TUBES,
    Stage,
    soon,
)


async def _talks_to_150(stage: Stage) -> tuple[Call, Call]:
    stage.set(_150=soon())
    call = await stage.call_in(stage.asterisk.dids.personal)
    at_150 = await stage["150"].next_call()
    await stage.met(call, at_150)
    await stage.talk()
    return call, at_150


async def picked_up_by_a_colleague(stage: Stage) -> None:
    """150 rings, 152 takes the call with *8."""
    call = await stage.call_in(stage.asterisk.dids.personal)
    await stage["150"].wait_ringing()
    taken = await stage["152"].call("*8")
    await stage.met(call, taken)
    await stage.talk()
    await call.hang_up()


async def parked_and_fetched(stage: Stage) -> None:
    call, at_150 = await _talks_to_150(stage)
    await at_150.refer("700")
    await at_150.wait_ended()
    await stage.talk(0.5)
    fetched = await stage["152"].call("701")
    await stage.met(call, fetched)
    await stage.talk()
    await call.hang_up()


async def forwarded_to_a_mobile(stage: Stage) -> None:
    stage.provider.expect(MOBILE, soon())
    call = await stage.call_in(FORWARD)
    await stage.met(call, await stage.provider.next_call())
    await stage.talk()
    await call.hang_up()


async def conference_of_two_employees(stage: Stage) -> None:
    """150 moves the client into a conference, comes after and fetches 152."""
    call, at_150 = await _talks_to_150(stage)
    await at_150.refer("801")
    await at_150.wait_ended()
    inside = [await stage["150"].call("801"), await stage["152"].call("801")]
    await stage.met(call, *inside)
    await stage.talk()
    await inside[0].hang_up()
    await stage.talk()
    await call.hang_up()


async def call_waiting(stage: Stage) -> None:
    """A second client comes in while 150 talks; both are answered, one after the other."""
    first, first_at_150 = await _talks_to_150(stage)
    second = await stage.call_in(stage.asterisk.dids.personal, stage.second)
    await stage.met(second, await stage["150"].next_call())
    await stage.talk()
    await second.hang_up()
    await stage.talk(0.3)
    await first_at_150.hang_up()
    await first.wait_ended()


async def queue_rings_again(stage: Stage) -> None:
    """Nobody takes the first round of the queue; in the second one 151 does."""
    call = await stage.call_in(CROWD)
    await stage["150"].next_call()
    await (await stage["151"].next_call()).wait_ended()
    stage.set(_150=BUSY, _151=soon())
    await stage.met(call, await stage["151"].next_call(8))
    await stage.talk()
    await call.hang_up()


async def queue_gives_up(stage: Stage) -> None:
    """The caller hears music for a while, then is let go."""
    call = await stage.call_in(CROWD)
    await call.wait_ended(15)


async def group_behind_local_channels(stage: Stage) -> None:
    stage.set(_150=soon())
    call = await stage.call_in(TUBES)
    await stage.met(call, await stage["150"].next_call())
    await stage.talk()
    await call.hang_up()


async def blind_transfer_to_a_busy_phone(stage: Stage) -> None:
    call, at_150 = await _talks_to_150(stage)
    stage.set(_152=BUSY)
    await at_150.refer("152")
    await call.wait_ended()


async def blind_transfer_to_the_queue(stage: Stage) -> None:
    call, at_150 = await _talks_to_150(stage)
    stage.set(_150=BUSY, _151=soon())
    await at_150.refer("803")
    await at_150.wait_ended()
    await stage.met(call, await stage["151"].next_call())
    await stage.talk()
    await call.hang_up()


async def blind_transfer_to_another_client(stage: Stage) -> None:
    """150 hands the client over to somebody outside."""
    call, at_150 = await _talks_to_150(stage)
    stage.provider.expect(stage.second, soon())
    await at_150.refer(stage.second)
    await stage.met(call, await stage.provider.next_call())
    await stage.talk()
    await call.hang_up()


async def attended_transfer_to_another_client(stage: Stage) -> None:
    """150 asks a second client and connects the two."""
    call, at_150 = await _talks_to_150(stage)
    stage.provider.expect(stage.second, answers(0.2))
    consultation = await stage["150"].call(stage.second)
    outside = await stage.provider.next_call()
    await stage.met(consultation, outside)
    await stage.talk()
    await at_150.refer(stage.second, consultation)
    await at_150.wait_ended()
    await stage.met(call, outside)
    await stage.talk()
    await call.hang_up()
    await outside.wait_ended()


async def attended_transfer_refused_and_taken_back(stage: Stage) -> None:
    """152 does not want the client: 150 goes on with him."""
    call, at_150 = await _talks_to_150(stage)
    stage.set(_152=soon())
    consultation = await stage["150"].call("152")
    await stage.met(consultation, await stage["152"].next_call())
    await stage.talk(0.5)
    await consultation.hang_up()
    await at_150.wait_sound(3)
    await stage.talk()
    await call.hang_up()


async def blind_transfer_after_a_consultation_in_vain(stage: Stage) -> None:
    """152 rings too long for 150, who sends the client there all the same."""
    call, at_150 = await _talks_to_150(stage)
    consultation = await stage["150"].call("152")
    await consultation.wait_ringing()
    await stage["152"].next_call()
    await consultation.hang_up()
    stage["152"].behaviour = soon()
    await at_150.refer("152")
    await stage.met(call, await stage["152"].next_call())
    await stage.talk()
    await call.hang_up()


async def queue_caller_gives_up(stage: Stage) -> None:
    """The machine answered, so his leaving is no CANCEL but a BYE."""
    call = await stage.call_in(CROWD)
    await call.wait_answered()
    await stage["150"].wait_ringing()
    await stage.talk(0.3)
    await call.hang_up()


async def transferred_twice(stage: Stage) -> None:
    """150 to 151 to 152."""
    call, at_150 = await _talks_to_150(stage)
    stage.set(_151=soon(), _152=soon())
    await at_150.refer("151")
    at_151 = await stage["151"].next_call()
    await stage.met(call, at_151)
    await stage.talk(0.5)
    await at_151.refer("152")
    await stage.met(call, await stage["152"].next_call())
    await stage.talk()
    await call.hang_up()


async def two_at_once(stage: Stage) -> None:
    """Two clients ring the same group; each gets his own employee."""
    stage.set(_150=soon())
    first = await stage.call_in()
    await stage.met(first, await stage["150"].next_call())
    stage.set(_150=BUSY, _151=soon())
    second = await stage.call_in("", stage.second)
    await stage.met(second)
    await stage.talk()
    await asyncio.gather(first.hang_up(), second.hang_up())
