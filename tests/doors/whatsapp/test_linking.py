"""From a code on a page to an open line, and all the ways in which it does not get there."""

from collections.abc import Sequence

import pytest

from kommutator.domain.connection import ConnectionStatus
from kommutator.domain.whatsapp.events import PasskeyWanted
from kommutator.domain.whatsapp.states import Reason, SessionState
from kommutator.kit.errors import (
    Conflict,
    ErrorKind,
    InvalidInput,
    NotFound,
    Stage,
    VendorError,
)
from kommutator.store.whatsapp_sessions import SessionNews
from tests.support.factories import value
from tests.support.whatsapp_host import FakeLine, FakeWhatsApp
from tests.support.whatsapp_house import SALON_PHONE, THERE, Phone, a_phone, admin


async def test_a_scan_opens_the_line(phone: Phone, world: FakeWhatsApp) -> None:
    assert (await phone.state()).state is SessionState.NEW
    await phone.house.whatsapp.link(phone.enterprise, phone.id)
    line = await world.line(phone.id)
    shown = await phone.comes_to(SessionState.QR)
    assert shown.qr is not None
    assert (shown.qr.number, shown.qr.text) == (1, "2@first")
    assert 50 < (shown.qr.until - phone.house.clock.now()).total_seconds() <= 60

    await line.scan(SALON_PHONE, lid="343001@lid")
    await phone.open()
    shown = await phone.state()
    assert (shown.phone, shown.name, shown.qr) == (SALON_PHONE, "Salon", None)
    assert shown.linked_at is not None
    async with phone.house.db.unit() as unit:
        record = await unit.connections.get(phone.enterprise, phone.id)
    assert (record.status, record.account_key) == (ConnectionStatus.ACTIVE, "79001234567")
    told = [
        (one.kind, one.body["state"])
        for one in await phone.house.whatsapp.news(phone.enterprise, phone.id, 0)
    ]
    assert told == [
        ("state", "starting"), ("state", "starting"), ("qr", "qr"), ("state", "pairing"),
        ("state", "connecting"), ("state", "connecting"), ("state", "open"),
    ]  # fmt: skip


async def test_only_the_code_of_now_is_told_with_its_text(
    phone: Phone, world: FakeWhatsApp
) -> None:
    await phone.house.whatsapp.link(phone.enterprise, phone.id)
    line = await world.line(phone.id)
    first = await phone.comes_to(SessionState.QR)
    line.shows(2, "2@second", 20.0)
    told = [one for one in await _news(phone, first.seq, 1) if one.kind == "qr"]
    assert told[0].body == {
        "state": "qr", "reason": None, "number": 2, "ttl_s": 20.0, "text": "2@second",
    }  # fmt: skip
    (earlier,) = [one for one in await _news(phone, 0, 3) if one.body.get("number") == 1]
    assert "text" not in earlier.body
    kept = await value(phone.house.db, "SELECT string_agg(body::text, '') FROM whatsapp_news")
    assert "2@" not in kept


async def test_nobody_scanned_and_nothing_loops(phone: Phone, world: FakeWhatsApp) -> None:
    await phone.house.whatsapp.link(phone.enterprise, phone.id)
    (await world.line(phone.id)).drops(408, "QR refs attempts ended")
    shown = await phone.comes_to(SessionState.QR_EXPIRED)
    assert (shown.wanted, shown.reason) == (False, "not_scanned")
    assert await phone.rows("whatsapp_keys") == 0

    await phone.house.whatsapp.link(phone.enterprise, phone.id)
    await phone.comes_to(SessionState.QR)
    assert len(world.lines) == 2


async def test_letters_are_typed_instead_and_no_code_is_shown(
    phone: Phone, world: FakeWhatsApp
) -> None:
    await phone.house.whatsapp.link(phone.enterprise, phone.id, "code", "8 900 123-45-67")
    shown = await phone.comes_to(SessionState.CODE)
    assert (shown.pairing_code, shown.qr) == ("LC86TZ82", None)
    (await world.line(phone.id)).shows(2)
    await (await world.line(phone.id)).scan(SALON_PHONE)
    await phone.open()
    assert (await phone.state()).pairing_code is None


async def test_a_line_that_breaks_while_letters_are_asked_for_breaks_once(
    phone: Phone, world: FakeWhatsApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both tell of it: the socket that closed, and the question that got no answer."""

    async def breaks(line: FakeLine, _phone: str) -> str:
        monkeypatch.undo()
        line.drops(428)
        raise VendorError(ErrorKind.TRANSIENT, "the connection closed", stage=Stage.SENT)

    monkeypatch.setattr(FakeLine, "pairing_code", breaks)
    await phone.house.whatsapp.link(phone.enterprise, phone.id, "code", SALON_PHONE)
    await phone.comes_to(SessionState.CODE)
    assert len(world.lines) == 2
    assert world.lines[1].open


async def test_half_a_pairing_is_begun_anew(phone: Phone, world: FakeWhatsApp) -> None:
    """Asking for letters names the account before it is ours."""
    await phone.house.whatsapp.link(phone.enterprise, phone.id)
    line = await world.line(phone.id)
    me = {"phone": SALON_PHONE, "lid": None, "name": None}
    await line.keys.set_creds({"noise": "old", "me": me})
    line.drops(428)
    await phone.comes_to(SessionState.QR)
    assert (await world.line(phone.id)).creds == {"noise": "fresh"}


async def test_a_phone_that_wants_a_passkey_is_a_state(phone: Phone, world: FakeWhatsApp) -> None:
    await phone.house.whatsapp.link(phone.enterprise, phone.id)
    line = await world.line(phone.id)
    line.tell(PasskeyWanted())
    line.shows(2)
    line.drops(408, "QR refs attempts ended")
    shown = await phone.comes_to(SessionState.PASSKEY_REQUIRED)
    while shown.wanted:
        shown = await phone.state()
    assert (await phone.state()).state is SessionState.PASSKEY_REQUIRED
    assert len(world.lines) == 1


async def test_one_phone_belongs_to_one_connection(phone: Phone, world: FakeWhatsApp) -> None:
    await phone.linked()
    other = await a_phone(phone.house, world, THERE)
    await phone.house.whatsapp.link(THERE, other.id)
    await (await world.line(other.id)).scan(SALON_PHONE)
    shown = await other.comes_to(SessionState.LOGGED_OUT)
    assert shown.reason == Reason.PHONE_ELSEWHERE
    assert world.logged_out == [other.id.hex]
    assert (await phone.state()).state is SessionState.OPEN


async def test_what_the_server_lacks_is_said(phone: Phone, world: FakeWhatsApp) -> None:
    world.shut = VendorError(ErrorKind.TRANSIENT, "no node", hint="whatsapp_bridge_missing")
    await phone.house.whatsapp.link(phone.enterprise, phone.id)
    told = await phone.went_through(SessionState.RECONNECTING)
    assert told.body["reason"] == "bridge_missing"
    world.shut = None
    await phone.comes_to(SessionState.QR)


async def test_who_may_not_link(phone: Phone) -> None:
    sessions = phone.house.whatsapp
    with pytest.raises(NotFound, match="connection_not_found"):
        await sessions.link(THERE, phone.id)
    with pytest.raises(NotFound, match="connection_not_found"):
        await sessions.state(THERE, phone.id)
    with pytest.raises(NotFound, match="connection_not_found"):
        await sessions.news(THERE, phone.id, 0)
    with pytest.raises(NotFound, match="connection_not_found"):
        await sessions.remove(admin(THERE), THERE, phone.id)
    with pytest.raises(InvalidInput, match="whatsapp_method_unknown"):
        await sessions.link(phone.enterprise, phone.id, "smoke")
    with pytest.raises(InvalidInput, match="phone_invalid"):
        await sessions.link(phone.enterprise, phone.id, "code", "12")
    await phone.linked()
    with pytest.raises(Conflict, match="whatsapp_linked"):
        await sessions.link(phone.enterprise, phone.id)


async def _news(phone: Phone, after: int, count: int) -> Sequence[SessionNews]:
    found = await phone.house.whatsapp.news(phone.enterprise, phone.id, after)
    while len(found) < count:
        found = await phone.house.whatsapp.news(phone.enterprise, phone.id, after)
    return found
