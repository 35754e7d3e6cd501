"""Clicks: whose phone, which call, and how often."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from kommutator.domain.calls.memory import load
from kommutator.domain.clicks import ClickRequest
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.journal import Arrival
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role
from kommutator.flows.click_to_call import ClickReceipt
from kommutator.flows.follow_calls import TIME_UP, FollowCalls
from kommutator.flows.forms import ConnectionForm
from kommutator.flows.house import House
from kommutator.flows.reprocess import Outcome
from kommutator.kit.clock import ManualClock
from kommutator.kit.errors import Conflict, Forbidden, InvalidInput, NotFound
from tests.support.house import open_house

HERE = EnterpriseNumber("0367")
ADMIN = Actor("tests", Role.ENTERPRISE_ADMIN, HERE)
PHONE = "+375000000070"


@dataclass
class Scene:
    house: House
    clock: ManualClock

    async def click(self, **fields: str) -> ClickReceipt:
        request = ClickRequest(**{"phone": PHONE, "requested_by": "tests", "code": "150"} | fields)
        return await self.house.clicks.place(HERE, request)

    async def owed(self, kind: str = "originate_call") -> list[str | None]:
        async with self.house.db.unit() as unit:
            return [row.call_id for row in reversed(await unit.outbox.page(HERE, kind=kind))]


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Scene]:
    clock = ManualClock()
    async with open_house(database_url, clock=clock) as house:
        async with house.db.unit() as unit:
            await unit.enterprises.create(HERE, name="June")
            for number in range(150, 400):
                await unit.extensions.put(HERE, str(number))
        secrets = {"ami_user": "gateway", "ami_secret": "not-a-real-secret"}
        form = ConnectionForm(ConnectionKind.ASTERISK, "pbx.example.com", secrets=secrets)
        await house.set_up.save(ADMIN, HERE, form)
        await house.set_up.activate(ADMIN, HERE, ConnectionKind.ASTERISK)
        yield Scene(house, clock)


@pytest.mark.parametrize("offset", [0.0, 0.3, 0.49, 1.9])
async def test_two_clicks_within_two_seconds_are_one_call(scene: Scene, offset: float) -> None:
    """Wherever the first one lies on the clock."""
    await scene.clock.advance(offset)
    first = await scene.click()
    await scene.clock.advance(1.99)
    second = await scene.click()
    assert (first.repeated, second.repeated) == (False, True)
    assert second.call_id == first.call_id
    assert await scene.owed() == [first.call_id]


async def test_later_and_other_clicks_are_calls_of_their_own(scene: Scene) -> None:
    first = await scene.click()
    other_phone = await scene.click(phone="+375000000071")
    other_desk = await scene.click(code="151")
    await scene.clock.advance(2.5)
    again = await scene.click()
    placed = [first, other_phone, other_desk, again]
    assert [receipt.repeated for receipt in placed] == [False] * 4
    assert await scene.owed() == [receipt.call_id for receipt in placed]


async def test_every_number_of_a_big_house_may_ring(scene: Scene) -> None:
    assert (await scene.click(code="399")).extension == "399"
    with pytest.raises(InvalidInput) as refused:
        await scene.click(code="400")
    assert refused.value.code == "extension_unknown"


async def test_only_our_own_calls_can_be_cancelled(scene: Scene) -> None:
    placed = await scene.click()
    await scene.house.clicks.cancel(ADMIN, HERE, placed.call_id)
    assert await scene.owed("cancel_call") == [placed.call_id]
    with pytest.raises(NotFound) as missing:
        await scene.house.clicks.cancel(ADMIN, HERE, "1700000000.1")
    assert missing.value.code == "call_not_found"


async def test_an_employee_cancels_own_clicks_and_those_for_the_own_phone(scene: Scene) -> None:
    mine = await scene.click(requested_by="anna")
    for_my_phone = await scene.click(code="151", requested_by="retailcrm:19")
    anothers = await scene.click(code="152", requested_by="retailcrm:18")
    user = await scene.house.people.create(
        "tests", HERE, email="anna@june.example", name="Anna", role=Role.EMPLOYEE,
        password="correct horse 7 battery",
    )  # fmt: skip
    async with scene.house.db.unit() as unit:
        await unit.extensions.put(HERE, "151", user_id=user.id)
    anna = Actor("anna", Role.EMPLOYEE, HERE, user_id=user.id)
    for allowed in (mine, for_my_phone):
        await scene.house.clicks.cancel(anna, HERE, allowed.call_id)
    with pytest.raises(Forbidden):
        await scene.house.clicks.cancel(anna, HERE, anothers.call_id)
    assert await scene.owed("cancel_call") == [mine.call_id, for_my_phone.call_id]


async def test_the_call_remembers_that_it_was_cancelled(scene: Scene) -> None:
    placed = await scene.click()
    await scene.house.clicks.cancel(ADMIN, HERE, placed.call_id)
    async with scene.house.db.unit() as unit:
        fold = await unit.calls.fold(HERE, placed.call_id)
        kinds = [entry.row.kind for entry in await unit.journal.page(HERE, key=placed.call_id)]
    assert fold is not None
    assert load(fold).cancelled_at == scene.clock.now().timestamp()
    assert kinds == ["cancel-call", "make-call"]


async def test_a_click_that_overtook_an_earlier_one_is_still_its_repeat(scene: Scene) -> None:
    """Waiting for the lock it may look at the journal with a time before its rival's."""
    await scene.clock.advance(0.6)
    later = await scene.click()
    await scene.clock.advance(-0.3)
    earlier = await scene.click()
    assert (earlier.repeated, earlier.call_id) == (True, later.call_id)
    assert await scene.owed() == [later.call_id]


async def test_a_call_is_cancelled_once_and_only_while_it_lives(scene: Scene) -> None:
    placed = await scene.click()
    for _ in range(3):
        await scene.house.clicks.cancel(ADMIN, HERE, placed.call_id)
    assert await scene.owed("cancel_call") == [placed.call_id]
    async with scene.house.db.unit() as unit:
        audit = [row for row in await unit.audit.page(HERE) if row.action == "call.cancel"]
        (command,) = await unit.outbox.page(HERE, kind="originate_call")
        await unit.connection.execute("UPDATE calls SET phase = 'ended'")
    assert [(row.actor, row.target) for row in audit] == [("tests", placed.call_id)]
    assert (command.state, command.note) == ("dropped", "cancelled")
    with pytest.raises(Conflict) as over:
        await scene.house.clicks.cancel(ADMIN, HERE, placed.call_id)
    assert over.value.code == "call_is_over"


@pytest.mark.parametrize(("state", "moved"), [("due", True), ("done", False)])
async def test_only_what_the_pbx_has_not_is_dropped(scene: Scene, state: str, moved: bool) -> None:
    """Events tell the end of what it has; of what was dropped nobody does, so the alarm must."""
    placed = await scene.click()

    async def alarm() -> object:
        async with scene.house.db.unit() as unit:
            return await unit.connection.fetchval("SELECT run_at FROM timers")

    before = await alarm()
    async with scene.house.db.unit() as unit:
        await unit.connection.execute("UPDATE outbox SET state = $1", state)
    await scene.house.clicks.cancel(ADMIN, HERE, placed.call_id)
    async with scene.house.db.unit() as unit:
        (command,) = await unit.outbox.page(HERE, kind="originate_call")
    assert command.state == ("dropped" if moved else "done")
    assert (await alarm() != before) is moved
    assert await scene.owed("cancel_call") == [placed.call_id]


async def test_a_click_concluded_anew_is_the_same_to_the_microsecond(scene: Scene) -> None:
    """The journal keeps the very moment from which the call was concluded."""
    await scene.clock.advance(0.123457)
    placed = await scene.click()
    await scene.clock.advance(1)
    await scene.house.clicks.cancel(ADMIN, HERE, placed.call_id)
    await scene.clock.advance(60)
    alarm = Arrival(HERE, "timer", TIME_UP, placed.call_id, f"{placed.call_id}:up", b"{}")
    async with scene.house.db.unit() as unit:
        row = await unit.journal.record(alarm, scene.clock.now())
        await FollowCalls(scene.house.directory, {}).decide(unit, row)
    await scene.clock.advance(4 * 3600)

    assert scene.house.reprocess is not None
    day = timedelta(days=1)
    since, until = scene.clock.now() - day, scene.clock.now() + day
    report = await scene.house.reprocess.span(HERE, since, until, actor="tests")
    assert (report.findings, report.counts) == ([], {Outcome.SAME: 1})
