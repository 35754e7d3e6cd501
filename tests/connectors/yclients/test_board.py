"""Hook addresses: read, changed, written whole; nobody else's is dropped."""

from typing import Any

import pytest

from kommutator.connectors.crm.yclients.board import YClientsHooks
from kommutator.connectors.crm.yclients.errors import YClientsError
from tests.connectors.yclients.scripted import SALON, account, bench, ok
from tests.connectors.yclients.vendor import Vendor

OURS = "https://us.example/hooks/7.s3cret-of-ours"
THEIRS = "https://them.example/in?key=theirs"
KINDS = {"salon": 1, "service_category": 1, "service": 1, "master": 1, "client": 1, "record": 1}
EMPTY: dict[str, Any] = {
    "urls": [""],
    "active": 0,
    **dict.fromkeys(KINDS, 0),
    "good": 0,
    "finances_operation": 0,
}


async def test_added_beside_others() -> None:
    held = {**EMPTY, "urls": [THEIRS], "active": "1", "good": 1, "url_settings": {"x": [1]}}
    here = bench(ok(held), ok({}, 201))
    hooks = YClientsHooks(here.clients)
    await hooks.add(account(), OURS)
    sent = here.wire.sent[1]
    assert sent.path == f"/hooks_settings/{SALON}"
    assert sent.body == {**held, "urls": [THEIRS, OURS], "active": 1, **KINDS}
    assert "schedule" not in sent.body


async def test_altegios_kinds_where_it_has_them() -> None:
    here = bench(ok({**EMPTY, "schedule": 0}), ok({}, 201))
    await YClientsHooks(here.clients).add(account(), OURS)
    assert here.wire.sent[1].body["schedule"] == 1


async def test_nothing_is_written_that_is_so_already() -> None:
    here = bench(ok({**EMPTY, **KINDS, "active": 1, "urls": [OURS, THEIRS]}))
    await YClientsHooks(here.clients).add(account(), OURS)
    assert len(here.wire.sent) == 1


@pytest.mark.parametrize("switched_off", ["active", "record"])
async def test_what_somebody_switched_off_is_switched_on(switched_off: str) -> None:
    here = bench(ok({**EMPTY, **KINDS, "active": 1, "urls": [OURS], switched_off: "0"}), ok({}))
    await YClientsHooks(here.clients).add(account(), OURS)
    assert here.wire.sent[1].body[switched_off] == 1


async def test_in_place_of_our_former_address() -> None:
    here = bench(ok({**EMPTY, "urls": ["https://us.example/hooks/7.old", THEIRS]}), ok({}))
    begin = "https://us.example/hooks/7."
    await YClientsHooks(here.clients).add(account(), OURS, instead_of=begin)
    assert here.wire.sent[1].body["urls"] == [THEIRS, OURS]


async def test_ten_of_others_leave_no_room() -> None:
    others = [f"https://them.example/{number}" for number in range(10)]
    here = bench(ok({**EMPTY, "urls": others}), ok({**EMPTY, "urls": [*others[1:], OURS]}), ok({}))
    with pytest.raises(YClientsError) as full:
        await YClientsHooks(here.clients).add(account(), OURS)
    assert full.value.hint == "salon_hooks_full"
    assert len(here.wire.sent) == 1
    await YClientsHooks(here.clients).add(account(), OURS)  # with ours it is ten


async def test_taken_off() -> None:
    begin = "https://us.example/hooks/7."
    held = {**EMPTY, **KINDS, "active": 1, "urls": [OURS, THEIRS]}
    here = bench(ok(held), ok({}), ok({**held, "urls": [OURS]}), ok({}), ok(EMPTY))
    hooks = YClientsHooks(here.clients)
    await hooks.take_off(account(), begin)
    assert here.wire.sent[1].body == {**held, "urls": [THEIRS]}
    await hooks.take_off(account(), begin)
    assert here.wire.sent[3].body["urls"] == [""]
    await hooks.take_off(account(), begin)
    assert len(here.wire.sent) == 5


async def test_no_address_is_written_down() -> None:
    here = bench(ok({**EMPTY, "urls": [THEIRS]}), ok({}))
    client = here.clients.of(account())
    hooks = YClientsHooks(here.clients)
    here.clients.of = lambda *_, **__: client  # type: ignore[method-assign]  # to see its exchange
    await hooks.add(account(), OURS)
    assert "s3cret" not in repr(client.last_exchange.request)
    assert "theirs" not in repr(client.last_exchange.request)


async def test_at_the_twin(vendor: Vendor) -> None:
    hooks, here = YClientsHooks(vendor.clients()), vendor.account()
    assert await hooks.addresses(here) == []
    await hooks.add(here, THEIRS)
    await hooks.add(here, f"{OURS}1")
    await hooks.add(here, f"{OURS}2", instead_of=OURS)
    assert set(await hooks.addresses(here)) == {THEIRS, f"{OURS}2"}
    await hooks.take_off(here, OURS)
    assert await hooks.addresses(here) == [THEIRS]
    await hooks.take_off(here, THEIRS)
    await hooks.take_off(here, THEIRS)
    assert await hooks.addresses(here) == []
