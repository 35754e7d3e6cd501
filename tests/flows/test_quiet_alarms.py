"""The end of quiet hours is set for all receivers of some changes together."""

from typing import Any
from uuid import UUID

import pytest

from kommutator.domain.chats import ChatNews
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.notices.wishes import Quiet, Wishes, dump_wishes
from kommutator.flows.notices.hear import TellOfVisits
from kommutator.kit.clock import SystemClock
from kommutator.kit.texts import Texts
from kommutator.store.database import Database
from kommutator.store.timers import TimerStore
from tests.support.channels import change, visit
from tests.support.copied_salon import HERE, VendorSalon, keep_salon, salon_account

BOT = UUID(int=70)
ALWAYS = (Quiet("00:00", "12:00"), Quiet("12:00", "00:00"))


async def test_two_salons_that_hold_back_news_for_the_same_people_do_not_lock_each_other_out(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alarms are rows that both set: always in one order, whatever order the changes came in."""
    await keep_salon(db, VendorSalon())
    alarms: list[str] = []
    put = TimerStore.set

    async def seen(self: TimerStore, enterprise: Any, once: str, **more: Any) -> None:
        alarms.append(once)
        await put(self, enterprise, once, **more)

    monkeypatch.setattr(TimerStore, "set", seen)
    tell = TellOfVisits(Texts.load(), clock=SystemClock())
    salon = VendorSalon()
    async with db.unit() as unit:
        await unit.connections.create(
            HERE, BOT, kind=ConnectionKind.TELEGRAM, name="Bot", base_url="https://t.example",
            account_key="70", config={}, sealed={},
        )  # fmt: skip
        await unit.chats.hear(HERE, BOT, ChatNews("42", title="Desk"))
        for number in (1, 2):  # whatever the hour, one of the two spans holds it back
            for half, quiet in enumerate(ALWAYS):
                await unit.notice_receivers.create(
                    HERE, UUID(int=number * 10 + half), name="Desk", connection_id=BOT,
                    chat_id="42", wishes=dump_wishes(Wishes(staff=(number,), quiet=quiet)),
                    created_by="tests",
                )  # fmt: skip
        facts = await salon.salon(salon_account())
        changes = [change(None, visit(number, staff_id=number)) for number in (2, 1)]
        await tell(unit, salon_account(), facts, changes)
    assert len(alarms) == 2
    assert alarms == sorted(alarms)
