"""The scenarios whose events were recorded first, by a rig of another make."""

import asyncio

from kommutator.twins.pbx.behaviour import BUSY, DECLINES, NO_SUCH_NUMBER, RINGS_ON, answers
from kommutator.twins.pbx.sip.call import Call
from tests.stories.scenarios.stage import Stage, soon
from tests.support.waiting import eventually


async def _answered_by_150(stage: Stage, did: str = "") -> tuple[Call, Call]:
    """The client's end and the employee's, both talking."""
    call = await stage.call_in(did)
    at_150 = await stage["150"].next_call()
    await stage.met(call, at_150)
    return call, at_150


async def _refused(call: Call) -> None:
    assert await call.wait_final() >= 400


async def inbound_answered(stage: Stage) -> None:
    stage.set(_150=soon())
    call, _ = await _answered_by_150(stage)
    await stage.talk()
    await call.hang_up()


async def inbound_answered_manager_hangs_up(stage: Stage) -> None:
    stage.set(_150=soon())
    call, at_150 = await _answered_by_150(stage)
    await stage.talk()
    await at_150.hang_up()
    await call.wait_ended()


async def inbound_answered_at_once(stage: Stage) -> None:
    stage.set(_150=answers(0))
    call, _ = await _answered_by_150(stage, stage.asterisk.dids.personal)
    await stage.talk()
    await call.hang_up()


async def inbound_caller_gave_up(stage: Stage) -> None:
    call = await stage.call_in()
    await stage["150"].wait_ringing()
    await stage["151"].wait_ringing()
    await stage.talk()
    await call.hang_up()


async def inbound_nobody_answers(stage: Stage) -> None:
    await _refused(await stage.call_in(stage.asterisk.dids.short))


async def inbound_busy(stage: Stage) -> None:
    stage.set(_150=BUSY, _151=BUSY)
    await _refused(await stage.call_in())


async def inbound_declined(stage: Stage) -> None:
    stage.set(_150=DECLINES, _151=DECLINES)
    await _refused(await stage.call_in())


async def inbound_no_phones_registered(stage: Stage) -> None:
    group = [stage["150"], stage["151"]]
    await asyncio.gather(*(phone.unregister() for phone in group))
    try:
        await _refused(await stage.call_in())
    finally:
        await asyncio.gather(*(phone.register() for phone in group))


async def inbound_queue_answered(stage: Stage) -> None:
    stage.set(_150=soon())
    call, _ = await _answered_by_150(stage, stage.asterisk.dids.queue)
    await stage.talk()
    await call.hang_up()


async def inbound_menu_answered(stage: Stage) -> None:
    stage.set(_150=soon())
    call, _ = await _answered_by_150(stage, stage.asterisk.dids.menu)
    await stage.talk()
    await call.hang_up()


async def outbound_answered(stage: Stage) -> None:
    stage.set(client=soon())
    call = await stage["150"].call(stage.client)
    await stage.met(call, await stage.provider.next_call())
    await stage.talk()
    await call.hang_up()


async def outbound_client_hangs_up(stage: Stage) -> None:
    stage.set(client=soon())
    call = await stage["150"].call(stage.client)
    outside = await stage.provider.next_call()
    await stage.met(call, outside)
    await stage.talk()
    await outside.hang_up()
    await call.wait_ended()


async def outbound_busy(stage: Stage) -> None:
    stage.set(client=BUSY)
    await _refused(await stage["150"].call(stage.client))


async def outbound_cancelled(stage: Stage) -> None:
    stage.set(client=RINGS_ON)
    call = await stage["150"].call(stage.client)
    await call.wait_ringing()
    await stage.talk()
    await call.hang_up()


async def outbound_number_invalid(stage: Stage) -> None:
    stage.set(client=NO_SUCH_NUMBER)
    await _refused(await stage["150"].call(stage.client))


async def outbound_transfer_blind(stage: Stage) -> None:
    stage.set(client=soon(), _152=soon())
    call = await stage["150"].call(stage.client)
    outside = await stage.provider.next_call()
    await stage.met(call, outside)
    await stage.talk()
    await call.refer("152")
    await stage.met(await stage["152"].next_call(), outside)
    await stage.talk()
    await outside.hang_up()


async def internal_answered(stage: Stage) -> None:
    stage.set(_151=soon())
    call = await stage["150"].call("151")
    await stage.met(call, await stage["151"].next_call())
    await stage.talk()
    await call.hang_up()


async def transfer_blind(stage: Stage) -> None:
    stage.set(_150=soon(), _152=soon())
    call, at_150 = await _answered_by_150(stage)
    await stage.talk()
    await at_150.refer("152")
    await stage.met(call, await stage["152"].next_call())
    await stage.talk()
    await call.hang_up()


async def transfer_attended(stage: Stage) -> None:
    stage.set(_150=soon(), _152=soon())
    call, at_150 = await _answered_by_150(stage)
    await stage.talk()
    consultation = await stage["150"].call("152")
    at_152 = await stage["152"].next_call()
    await stage.met(consultation, at_152)
    await at_150.refer("152", consultation)
    await at_150.wait_ended()
    await stage.met(call, at_152)
    await stage.talk()
    await call.hang_up()


async def redirect_ringing_call_by_ami(stage: Stage) -> None:
    stage.set(_152=soon())
    call = await stage.call_in()
    await stage["150"].wait_ringing()
    await stage["151"].wait_ringing()
    channels = await stage.asterisk.rx("core show channels concise")
    (trunk,) = [line.split("!")[0] for line in channels.splitlines() if "trunk" in line]
    await stage.asterisk.rx(f"channel redirect {trunk} inoffice,152,1")
    await stage.met(call, await stage["152"].next_call())
    await stage.talk()
    await call.hang_up()


async def inbound_smart_redirect_answered(stage: Stage) -> None:
    await stage.route(stage.client, "152")
    stage.set(_152=soon())
    call = await stage.call_in(stage.asterisk.dids.routed)
    await stage.met(call, await stage["152"].next_call())
    await stage.talk()
    await call.hang_up()


async def inbound_smart_redirect_manager_busy_then_group(stage: Stage) -> None:
    await stage.route(stage.client, "152")
    stage.set(_152=BUSY, _150=soon())
    call, _ = await _answered_by_150(stage, stage.asterisk.dids.routed)
    await stage.talk()
    await call.hang_up()


async def click2call_answered(stage: Stage) -> None:
    stage.set(_150=soon(), client=soon())
    await stage.click("150", stage.client)
    at_150 = await stage["150"].next_call()
    await stage.met(at_150, await stage.provider.next_call())
    await stage.talk()
    await at_150.hang_up()


async def click2call_client_hangs_up(stage: Stage) -> None:
    stage.set(_150=soon(), client=soon())
    await stage.click("150", stage.client)
    at_150, outside = await stage["150"].next_call(), await stage.provider.next_call()
    await stage.met(at_150, outside)
    await stage.talk()
    await outside.hang_up()
    await at_150.wait_ended()


async def click2call_manager_no_answer(stage: Stage) -> None:
    await stage.click("150", stage.client)
    at_150 = await stage["150"].wait_ringing()
    await at_150.wait_ended(25)


async def click2call_manager_busy(stage: Stage) -> None:
    stage.set(_150=BUSY)
    await stage.click("150", stage.client)
    await (await stage["150"].next_call()).wait_ended()


async def click2call_manager_not_registered(stage: Stage) -> None:
    await stage["150"].unregister()
    try:
        await stage.click("150", stage.client)
        await stage.talk()
    finally:
        await stage["150"].register()


async def click2call_client_busy(stage: Stage) -> None:
    stage.set(_150=soon(), client=BUSY)
    await stage.click("150", stage.client)
    await (await stage["150"].next_call()).wait_ended()


async def click2call_cli_local(stage: Stage) -> None:
    """As scripts do it that know no better: a tube to the employee, another to the client."""
    stage.set(_150=soon(), client=soon())
    tubes = f"LOCAL/150@inoffice application Dial LOCAL/{stage.client}@inoffice"
    await stage.asterisk.rx(f"channel originate {tubes}")
    at_150 = await stage["150"].next_call()
    await stage.met(at_150, await stage.provider.next_call())
    await stage.talk()
    await at_150.hang_up()
    await eventually(lambda: at_150.ended_at)
