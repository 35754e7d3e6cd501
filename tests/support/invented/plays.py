"""The plays: how a call gets in or out, what becomes of it in conversation, how it ends."""

from collections.abc import Sequence

from tests.support.invented.pbx import LINE, Channel, Truth
from tests.support.invented.people import BUSY, DECLINES, OFF, SILENT, Office, missed

FATES = ("answers", SILENT, BUSY, DECLINES, OFF)


def fates_of(office: Office, phones: int) -> list[str]:
    return [FATES[office.draw(0, len(FATES) - 1)] for _ in range(phones)]


def inbound(office: Office, client: str) -> None:
    """A client calls: a group, a queue of some rounds, a pick-up, tubes, a mobile."""
    caller = office.comes(client)
    way = office.draw(0, 6)
    if way == 1:
        office.give_up(caller, 1 + office.draw(0, 2))
        return
    employee, fates = _taken(office, caller, way)
    if employee is None:
        office.wait(2)
        office.end(caller)
        missed(caller, fates)
        return
    converse(office, caller, employee)


def _taken(office: Office, caller: Channel, way: int) -> tuple[Channel | None, list[str]]:
    fates = fates_of(office, 1 + office.draw(0, 2))
    if way == 2:  # a queue: the machine has answered, phones ring again and again
        rounds = [fates, fates_of(office, len(fates))]
        for number in rounds:
            if (winner := office.ring(caller, number, queue=True)) is not None:
                return winner, number
        return None, [*fates, *rounds[1]]
    if way == 3:
        return _picked_up(office, caller), fates
    if way == 4:
        return _through_a_tube(office, caller), fates
    if way == 5:
        return _forwarded(office, caller), fates
    return office.ring(caller, fates), fates


def _picked_up(office: Office, caller: Channel) -> Channel:
    """150 rings, 154 takes it from there."""
    pbx = office.pbx
    rung = pbx.born("PJSIP/150", linked=caller.linked, extension="150")
    pbx.dial(caller, rung)
    office.wait()
    taker = pbx.born("PJSIP/154", caller="154", exten="*8", extension="154")
    pbx.dies(rung, 16)
    pbx.dial_end(caller, taker, "ANSWER")
    pbx.meet(taker, caller)
    return taker


def _through_a_tube(office: Office, caller: Channel) -> Channel:
    """The phone is behind a Local channel that stays."""
    pbx = office.pbx
    name = f"Local/150@inoffice-{len(pbx.events):08x}"
    one = pbx.born(f"{name};1", linked=caller.linked)
    two = pbx.born(f"{name};2", linked=caller.linked)
    one.other_end, two.other_end = two, one
    pbx.dial(caller, one, rings=False)
    phone = pbx.born("PJSIP/150", linked=caller.linked, extension="150")
    pbx.dial(two, phone)
    office.wait()
    pbx.dial_end(two, phone, "ANSWER")
    pbx.meet(phone, two)
    pbx.dial_end(caller, one, "ANSWER")
    pbx.meet(one, caller)
    return phone


def _forwarded(office: Office, caller: Channel) -> Channel:
    """To somebody's mobile: outside again, but one of us."""
    pbx = office.pbx
    mobile = pbx.born("PJSIP/trunk", linked=caller.linked, client="+375290000000")
    pbx.dial(caller, mobile)
    office.wait()
    pbx.dial_end(caller, mobile, "ANSWER")
    pbx.meet(mobile, caller)
    return mobile


def outbound(office: Office, client: str) -> None:
    """An employee dials, or clicks and is rung first."""
    pbx = office.pbx
    clicked = office.draw(0, 1) == 1
    phone = _clicks(office, client) if clicked else _dials(office, client)
    if phone is None:
        return
    outside = pbx.born("PJSIP/trunk", linked=phone.linked, client=client)
    outside.call, phone_truth = phone.call, phone.call
    phone.call = None
    assert phone_truth is not None
    fate = office.draw(0, 4)
    pbx.dial(phone, outside, rings=fate in {0, 1, 4})
    office.wait()
    if fate == 0:
        pbx.dial_end(phone, outside, "ANSWER")
        pbx.meet(outside, phone)
        converse(office, outside, phone)
        return
    status, cause, result, reason = (
        ("NOANSWER", 0, "no_answer", "no_answer"),
        ("BUSY", 17, "busy", "busy"),
        ("NOANSWER", 1, "failed", "bad_number"),
        ("CANCEL", 127, "cancelled", "cancelled"),
    )[fate - 1]
    if status == "CANCEL":
        pbx.lets_go(phone)
    pbx.dial_end(phone, outside, status)
    pbx.dies(outside, cause)
    office.end(phone, cause=cause)
    phone_truth.result, phone_truth.reason, phone_truth.ended = result, reason, pbx.now


def _dials(office: Office, client: str) -> Channel:
    pbx = office.pbx
    phone = pbx.born("PJSIP/150", caller="150", exten=client, extension="150")
    phone.call = Truth("out", client, pbx.now)
    pbx.truths.append(phone.call)
    if office.hinted:
        phone.variables |= {"GW_DIR": "out", "GW_CLIENT": client, "GW_LINE": LINE}
    return phone


def _clicks(office: Office, client: str) -> Channel | None:
    """None: the employee did not pick up, so nobody was called."""
    pbx = office.pbx
    name = f"gw-{client.strip('+')}-{len(pbx.events)}"
    said = {"GW_DIR": "out", "GW_CLIENT": client, "GW_CALL_ID": name}
    phone = pbx.born("PJSIP/150", uid=name, extension="150", variables=said)
    truth = phone.call = Truth("out", client, pbx.now)
    pbx.truths.append(truth)
    pbx.dial(None, phone)
    office.wait()
    fate = office.draw(0, 2)
    if fate == 0:
        pbx.dial_end(None, phone, "ANSWER")
        return phone
    if fate == 1:
        pbx.dial_end(None, phone, "BUSY")
    office.end(phone, cause=17 if fate == 1 else 19)
    pbx.say("OriginateResponse", Uniqueid=name, Response="Failure", Reason="3")
    truth.placed, truth.result = False, "failed"
    truth.reason = "manager_busy" if fate == 1 else "manager_no_answer"
    return None


def converse(office: Office, client: Channel, employee: Channel) -> None:
    """They talk; some calls are handed on, parked or conferred, some more than once."""
    for turn in range(office.draw(0, 3)):
        office.wait()
        if employee.extension is None or any(c.other_end for c in office.pbx.alive.values()):
            break  # a mobile cannot transfer, and what tubes make of it is another story
        extension = str(151 + (turn + office.draw(0, 2)) % 4)
        moved = _handed_on(office, client, employee, extension)
        if moved is None:
            _clear(office)
            return
        employee = moved
    office.wait()
    office.part(client, employee)
    _clear(office)


def _handed_on(
    office: Office, client: Channel, employee: Channel, extension: str
) -> Channel | None:
    """Who talks with the client next; None: nobody, the call is over."""
    ways = (_blind, _attended, _consulted, _parked, _conferred)
    return ways[office.draw(0, len(ways) - 1)](office, client, employee, extension)


def _blind(office: Office, client: Channel, employee: Channel, extension: str) -> Channel | None:
    pbx = office.pbx
    _leave_for(office, client, employee, extension)
    phone = pbx.born(f"PJSIP/{extension}", linked=client.linked, extension=extension)
    taken = office.draw(0, 2) < 2
    pbx.dial(client, phone, rings=taken)
    office.wait()
    if taken:
        pbx.dial_end(client, phone, "ANSWER")
        pbx.meet(phone, client)
        return phone
    pbx.dial_end(client, phone, "BUSY")
    pbx.dies(phone, 17)
    office.end(client)
    assert client.call is not None
    client.call.result = "answered"
    return None


def _leave_for(office: Office, client: Channel, employee: Channel, where: str) -> None:
    linked = {"TransfereeLinkedid": client.linked, "TransfererLinkedid": employee.linked}
    office.pbx.say("BlindTransfer", Extension=where, Result="Success", **linked)
    office.pbx.leave(employee)
    office.pbx.leave(client)
    office.pbx.dies(employee)


def _consultation(office: Office, employee: Channel, extension: str) -> tuple[Channel, Channel]:
    """The employee's second line and the colleague, talking about the client."""
    pbx = office.pbx
    second = pbx.born(
        f"PJSIP/{employee.extension}",
        caller=str(employee.extension), exten=extension, extension=employee.extension,
    )  # fmt: skip
    colleague = pbx.born(f"PJSIP/{extension}", linked=second.linked, extension=extension)
    pbx.dial(second, colleague)
    office.wait(3)
    pbx.dial_end(second, colleague, "ANSWER")
    pbx.meet(colleague, second)
    office.wait(3)
    return second, colleague


def _attended(office: Office, client: Channel, employee: Channel, extension: str) -> Channel:
    pbx = office.pbx
    second, colleague = _consultation(office, employee, extension)
    room = colleague.bridge
    assert room is not None
    pbx.leave(client)
    pbx.leave(second)
    pbx.enter(client, room)
    pbx.say(
        "AttendedTransfer",
        Result="Success",
        OrigTransfererLinkedid=employee.linked,
        SecondTransfererLinkedid=second.linked,
    )
    pbx.dies(employee)
    pbx.dies(second)
    colleague.linked = client.linked
    return colleague


def _consulted(office: Office, _client: Channel, employee: Channel, extension: str) -> Channel:
    """The colleague does not want the client; the employee goes on."""
    second, colleague = _consultation(office, employee, extension)
    office.pbx.lets_go(second)
    office.pbx.dies(second)
    office.pbx.dies(colleague)
    return employee


def _parked(office: Office, client: Channel, employee: Channel, extension: str) -> Channel:
    pbx = office.pbx
    _leave_for(office, client, employee, "700")
    pbx.enter(client, "waiting-parked", "holding_bridge")
    office.wait()
    taker = pbx.born(f"PJSIP/{extension}", caller=extension, exten="701", extension=extension)
    pbx.meet(client, taker)
    return taker


def _conferred(office: Office, client: Channel, employee: Channel, extension: str) -> Channel:
    """All three in one room; employees dial into it by themselves."""
    pbx = office.pbx
    _leave_for(office, client, employee, "801")
    room = f"conference-{len(pbx.events)}"
    pbx.enter(client, room, "softmix")
    office.wait(2)
    inside = [
        pbx.born(f"PJSIP/{number}", caller=number, exten="801", extension=number)
        for number in dict.fromkeys([str(employee.extension), extension])
    ]
    for leg in inside:
        pbx.enter(leg, room, "softmix")
    return inside[-1]


def _clear(office: Office) -> None:
    """Whoever is still in a room with nobody is let go by the PBX."""
    office.wait(1)
    for leg in list(office.pbx.alive.values()):
        office.end(leg)


def internal(office: Office, _client: str) -> None:
    """Two employees talk; no business of any CRM."""
    pbx = office.pbx
    phone = pbx.born("PJSIP/150", caller="150", exten="151", extension="150")
    _, colleague = phone, pbx.born("PJSIP/151", linked=phone.linked, extension="151")
    pbx.dial(phone, colleague)
    office.wait()
    pbx.dial_end(phone, colleague, "ANSWER")
    pbx.meet(colleague, phone)
    office.wait()
    office.part(phone, colleague)


PLAYS: Sequence = (inbound, outbound, internal)
