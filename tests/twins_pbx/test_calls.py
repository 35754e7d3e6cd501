"""Phones, provider and dialplan together on a real Asterisk."""

import asyncio

import pytest

from kommutator.twins.pbx.behaviour import BUSY, DECLINES, NO_SUCH_NUMBER, RINGS_ON, SILENT, answers
from kommutator.twins.pbx.errors import CallEnded, SipRefused, SipTimeout
from kommutator.twins.pbx.phone import Phone
from kommutator.twins.pbx.server import PrivateAsterisk
from tests.support.pbx import Office

pytestmark = pytest.mark.pbx

CLIENT = "+375000000070"


async def test_phones_register(office: Office) -> None:
    contacts = await office.asterisk.rx("pjsip show contacts")

    assert [f" {extension}/sip:" in contacts for extension in ("150", "151", "152")] == [True] * 3


async def test_a_wrong_phone_secret_is_refused(asterisk: PrivateAsterisk) -> None:
    phone = Phone(asterisk.sip_address, "150", "wrong")
    with pytest.raises(SipRefused) as refused:
        await phone.start()
    await phone.stop()

    assert refused.value.code == 401


async def test_inbound_rings_the_group_and_is_answered(office: Office) -> None:
    office["150"].behaviour = answers(0.05)
    call = await office.provider.call_in(CLIENT, office.asterisk.dids.group)
    await call.wait_answered()
    at_150, at_151 = await office["150"].next_call(), await office["151"].next_call()

    assert await at_151.wait_final() == 487  # somebody else was faster
    assert at_150.peer == CLIENT
    assert call.invited_at < at_150.invited_at < call.answered_at
    await asyncio.gather(call.wait_sound(), at_150.wait_sound())
    await call.hang_up()
    await at_150.wait_ended()


async def test_inbound_ends_when_the_employee_hangs_up(office: Office) -> None:
    office["150"].behaviour = answers(0, talk_s=0.1)
    call = await office.provider.call_in(CLIENT, office.asterisk.dids.personal)

    await call.wait_answered()
    await call.wait_ended()
    assert office["151"].incoming == []


async def test_inbound_busy(office: Office) -> None:
    office["150"].behaviour = office["151"].behaviour = BUSY
    call = await office.provider.call_in(CLIENT, office.asterisk.dids.group)

    with pytest.raises(CallEnded) as ended:
        await call.wait_answered()
    assert ended.value.code == 486


async def test_inbound_declined_by_the_only_employee(office: Office) -> None:
    office["150"].behaviour = DECLINES
    call = await office.provider.call_in(CLIENT, office.asterisk.dids.personal)

    assert await call.wait_final() == 403  # that is how Asterisk passes a decline on


async def test_inbound_nobody_answers(office: Office) -> None:
    call = await office.provider.call_in(CLIENT, office.asterisk.dids.short)
    at_150 = await office["150"].wait_ringing()

    assert await at_150.wait_final() == 487
    assert await call.wait_final() >= 400


async def test_inbound_caller_gives_up(office: Office) -> None:
    call = await office.provider.call_in(CLIENT, office.asterisk.dids.group, patience_s=0.3)
    at_150 = await office["150"].wait_ringing()

    assert await call.wait_final() == 487
    assert await at_150.wait_final() == 487


@pytest.mark.parametrize("line", ["queue", "menu"])
async def test_a_machine_answers_before_an_employee(office: Office, line: str) -> None:
    call = await office.provider.call_in(CLIENT, getattr(office.asterisk.dids, line))
    await call.wait_answered()
    at_150 = await office["150"].wait_ringing()

    assert call.answered_at < at_150.ringing_at
    assert at_150.final_code is None


async def test_outbound_answered_shows_the_company_line(office: Office) -> None:
    call = await office["150"].call(CLIENT)
    await call.wait_answered()
    outside = await office.provider.next_call()

    assert outside.called == CLIENT
    assert outside.peer == "375000000001"
    await call.wait_sound()
    await outside.hang_up()
    await call.wait_ended()


@pytest.mark.parametrize(
    ("behaviour", "code"), [(BUSY, 486), (NO_SUCH_NUMBER, 404), (DECLINES, 403)]
)
async def test_outbound_refused(office: Office, behaviour: object, code: int) -> None:
    office.provider.expect(CLIENT, behaviour)
    call = await office["150"].call(CLIENT)

    assert await call.wait_final() == code


async def test_outbound_cancelled_by_the_employee(office: Office) -> None:
    office.provider.expect(CLIENT, RINGS_ON)
    call = await office["150"].call(CLIENT)
    outside = await office.provider.wait_ringing()
    await call.wait_ringing()
    await call.hang_up()

    assert await call.wait_final() == 487
    assert await outside.wait_final() == 487


async def test_a_silent_phone_never_rings(office: Office) -> None:
    office["150"].behaviour = SILENT
    await office.provider.call_in(CLIENT, office.asterisk.dids.personal, patience_s=0.2)
    at_150 = await office["150"].next_call()
    await at_150.wait_ended()

    assert at_150.ringing_at is None
    with pytest.raises(SipTimeout, match="150: a ringing call"):
        await office["150"].wait_ringing(0.01)


async def test_internal_call(office: Office) -> None:
    office["151"].behaviour = answers()
    call = await office["150"].call("151")
    await call.wait_answered()

    assert (await office["151"].next_call()).peer == "150"


async def test_blind_transfer_moves_the_client(office: Office) -> None:
    office["150"].behaviour = office["152"].behaviour = answers()
    call = await office.provider.call_in(CLIENT, office.asterisk.dids.personal)
    at_150 = await office["150"].next_call()
    await asyncio.gather(call.wait_sound(), at_150.wait_sound())

    assert await at_150.refer("152") == 202
    at_152 = await office["152"].next_call()
    await at_152.wait_answered()
    assert await at_150.wait_transferred() == 200
    await at_150.wait_ended()
    await asyncio.gather(call.wait_sound(), at_152.wait_sound())
    assert at_152.peer == CLIENT
    assert call.active


async def test_attended_transfer_moves_the_client(office: Office) -> None:
    office["150"].behaviour = office["152"].behaviour = answers()
    call = await office.provider.call_in(CLIENT, office.asterisk.dids.personal)
    at_150 = await office["150"].next_call()
    await at_150.wait_answered()
    consultation = await office["150"].call("152")
    await consultation.wait_answered()
    await consultation.wait_sound()
    at_152 = await office["152"].next_call()

    assert await at_150.refer("152", consultation) == 202
    await asyncio.gather(at_150.wait_ended(), consultation.wait_ended())
    await asyncio.gather(call.wait_sound(), at_152.wait_sound())
    assert call.active
