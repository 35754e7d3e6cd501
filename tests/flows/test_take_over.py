"""Who may take which call, and what is owed then."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from kommutator.domain.calls.events import Party, PartyKind
from kommutator.domain.calls.memory import Leg, Memory
from kommutator.domain.calls.reports import Report, ReportKind
from kommutator.domain.calls.take import leg_to_take
from kommutator.domain.commands import Direction, TakeCall
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission, Role
from kommutator.flows.house import House
from kommutator.kit.clock import ManualClock
from kommutator.kit.errors import Conflict, Forbidden, InvalidInput, NotFound
from tests.support.house import TenantOfTests, open_house, settle_tenant
from tests.support.routing import a_ringing_call, settle_pbx

HERE = EnterpriseNumber("0367")
ADMIN = Actor("anna", Role.ENTERPRISE_ADMIN, HERE)
CALL = "1700000000.1"


@dataclass
class Scene:
    house: House
    clock: ManualClock
    here: TenantOfTests
    pbx: Account

    async def ring(self, call_id: str = CALL, **how: Any) -> None:
        async with self.house.db.unit() as unit:
            await a_ringing_call(unit, HERE, call_id, pbx=self.pbx.connection_id, **how)

    async def owed(self) -> list[TakeCall]:
        async with self.house.db.single() as unit:
            rows = await unit.outbox.page(HERE, kind="take_call")
        assert {row.lane for row in rows} <= {self.pbx.lane}
        return [command for row in reversed(rows) if isinstance(command := row.command(), TakeCall)]


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Scene]:
    clock = ManualClock()
    async with open_house(database_url, clock=clock) as house:
        here = await settle_tenant(house, "0367")
        async with house.db.unit() as unit:
            await unit.extensions.put(HERE, "151", user_id=here.employee.id)
        yield Scene(house, clock, here, await settle_pbx(house, HERE))


async def test_the_clients_leg_is_to_be_moved_and_it_is_audited(scene: Scene) -> None:
    await scene.ring()
    assert await scene.house.take_over.take(ADMIN, HERE, CALL, "150") == "150"
    (command,) = await scene.owed()
    assert (command.call_id, command.extension, command.requested_by) == (CALL, "150", "anna")
    assert command.leg == "1795193310.0"  # the trunk's channel of the recorded call
    async with scene.house.db.single() as unit:
        row = next(r for r in await unit.audit.page(HERE) if r.action == "call.take")
    assert (row.actor, row.target, row.detail) == ("anna", CALL, {"extension": "150"})


async def test_ones_own_phone_is_meant_by_default(scene: Scene) -> None:
    await scene.ring()
    employee = Actor("e", Role.EMPLOYEE, HERE, user_id=scene.here.employee.id)
    assert await scene.house.take_over.take(employee, HERE, CALL) == "151"
    with pytest.raises(InvalidInput, match="own_extension_unknown"):
        await scene.house.take_over.take(ADMIN, HERE, CALL)


async def test_a_double_click_moves_once_and_a_change_of_mind_is_obeyed(scene: Scene) -> None:
    await scene.ring()
    for extension in ("150", "150", "151"):
        await scene.house.take_over.take(ADMIN, HERE, CALL, extension)
    await scene.clock.advance(3)
    await scene.house.take_over.take(ADMIN, HERE, CALL, "150")
    assert [command.extension for command in await scene.owed()] == ["150", "151", "150"]


@pytest.mark.parametrize(
    ("how", "slug"),
    [
        ({"until": "HangupRequest"}, "call_not_ringing"),
        ({"scenario": "outbound_answered", "until": "DialBegin"}, "call_not_incoming"),
        ({"scenario": "internal_answered", "until": "DialBegin"}, "call_not_incoming"),
    ],
)
async def test_what_is_not_ringing_cannot_be_taken(
    scene: Scene, how: dict[str, str], slug: str
) -> None:
    await scene.ring(**how)
    with pytest.raises(Conflict, match=slug):
        await scene.house.take_over.take(ADMIN, HERE, CALL, "150")
    assert await scene.owed() == []


async def test_a_strangers_phone_is_never_rung(scene: Scene) -> None:
    await scene.ring()
    for number in ("199", "+79990000000", "150&PJSIP/151"):
        with pytest.raises(InvalidInput, match="extension_unknown"):
            await scene.house.take_over.take(ADMIN, HERE, CALL, number)


async def test_who_may(scene: Scene) -> None:
    await scene.ring()
    machine = Actor("pbx", Role.EMPLOYEE, HERE, scopes=frozenset({Permission.READ_CALLS}))
    with pytest.raises(Forbidden):
        await scene.house.take_over.take(machine, HERE, CALL, "150")
    with pytest.raises(NotFound):
        await scene.house.take_over.take(ADMIN, EnterpriseNumber("0411"), CALL, "150")
    with pytest.raises(NotFound, match="call_not_found"):
        await scene.house.take_over.take(ADMIN, HERE, "another", "150")


async def test_an_employee_gives_calls_to_the_own_phone_only(scene: Scene) -> None:
    await scene.ring()
    employee = Actor("e", Role.EMPLOYEE, HERE, user_id=scene.here.employee.id)
    with pytest.raises(Forbidden):
        await scene.house.take_over.take(employee, HERE, CALL, "150")
    assert await scene.house.take_over.take(employee, HERE, CALL, "151") == "151"


async def test_without_a_working_pbx_nothing_is_owed(scene: Scene) -> None:
    await scene.ring()
    await scene.house.set_up.pause(ADMIN, HERE, ConnectionKind.ASTERISK, "paused_by_admin")
    scene.house.directory.clear()
    with pytest.raises(Conflict, match="pbx_paused"):
        await scene.house.take_over.take(ADMIN, HERE, CALL, "150")


async def test_a_call_of_a_pbx_that_is_gone(scene: Scene) -> None:
    async with scene.house.db.unit() as unit:
        await a_ringing_call(unit, HERE, CALL, pbx=scene.house.ids.uuid())
    with pytest.raises(Conflict, match="call_not_ringing"):
        await scene.house.take_over.take(ADMIN, HERE, CALL, "150")


def test_of_a_reported_call_the_id_is_the_leg() -> None:
    dial = Report(kind=ReportKind.DIAL, call="1.1", at=1.0, direction=Direction.IN)
    assert leg_to_take(Memory("1.1", reports=[dial])) == "1.1"


def test_a_call_whose_client_has_gone_is_not_ringing() -> None:
    trunk, phone = Party(PartyKind.TRUNK), Party(PartyKind.EXTENSION, "150")
    legs = {
        "1.1": Leg(party=trunk, born=1.0, died=2.0),
        "1.2": Leg(party=phone, born=1.1, dialled_at=1.1),
    }
    with pytest.raises(Conflict, match="call_not_ringing"):
        leg_to_take(Memory("1.1", legs=legs))
