"""The salons' own reminders: so many hours before a visit, through an operator (§1.9)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from kommutator.twins.orders import OrderRefused
from kommutator.twins.yclients.rows import CONFIRMED, WAITING

if TYPE_CHECKING:
    from kommutator.twins.yclients.company import Company
    from kommutator.twins.yclients.operator_channel import OperatorChannel
    from kommutator.twins.yclients.rows import Record
    from kommutator.twins.yclients.world import World


class Reminders:
    """Waits for the hour of every record with `sms_remain_hours`, on the twin's clock."""

    def __init__(self, world: World, channel: OperatorChannel) -> None:
        self._world = world
        self._channel = channel
        self._waiting: dict[tuple[int, int], asyncio.Task[None]] = {}

    def record_changed(self, company: Company, record_id: int) -> None:
        """Look anew when the record is to be reminded of."""
        self._drop(company.id, record_id)
        record = company.records.get(record_id)
        if record is None or not self._world.switches.reminders or not self._due(company, record):
            return
        if not self._channel.channels(company.id):
            return
        at = company.moment(record.start) - timedelta(hours=record.sms_remain_hours)
        left = (at - self._world.core.clock.now()).total_seconds()
        if left < 0:
            return
        key = (company.id, record_id)
        task = asyncio.get_running_loop().create_task(self._wait(left, company, record_id))
        self._waiting[key] = task
        task.add_done_callback(lambda done: self._forget(key, done))

    def company_changed(self, company: Company) -> None:
        """Look at all records of a salon: its operator came or went."""
        for record_id in list(company.records):
            self.record_changed(company, record_id)

    async def remind(self, company: Company, record: Record) -> None:
        """Send the reminder of one record now.

        Raises:
            OrderRefused: no operator, or the record is not to be reminded of.
        """
        client = company.clients.get(record.client_id or 0)
        if client is None or not self._due(company, record):
            raise OrderRefused("nobody to remind")
        (channel, *_) = self._channel.channels(company.id)[::-1] or [""]
        await self._channel.send(
            company.id, [client.phone], _text(company, record), channel=channel,
            record_id=record.id,
        )  # fmt: skip

    def forget(self) -> None:
        """Let all of them go."""
        for task in list(self._waiting.values()):
            task.cancel()
        self._waiting.clear()

    def _due(self, company: Company, record: Record) -> bool:
        client = company.clients.get(record.client_id or 0)
        return (
            record.sms_remain_hours > 0
            and not record.deleted
            and record.attendance in (WAITING, CONFIRMED)
            and client is not None
            and bool(client.phone)
            and not client.sms_not
        )

    async def _wait(self, seconds: float, company: Company, record_id: int) -> None:
        await self._world.core.clock.sleep(seconds)
        record = company.records.get(record_id)
        if record is not None and self._due(company, record):
            try:
                await self.remind(company, record)
            except OrderRefused:
                return  # the operator was disconnected meanwhile

    def _drop(self, company_id: int, record_id: int) -> None:
        task = self._waiting.pop((company_id, record_id), None)
        if task is not None:
            task.cancel()

    def _forget(self, key: tuple[int, int], task: asyncio.Task[None]) -> None:
        if self._waiting.get(key) is task:
            del self._waiting[key]


def _text(company: Company, record: Record) -> str:
    staff = company.staff.get(record.staff_id)
    services = ", ".join(line.title for line in record.services) or "визит"
    return (
        f"Напоминаем о записи {record.start:%d.%m.%Y в %H:%M}: {services}"
        f"{', ' + staff.name if staff else ''}. {company.title}, {company.address}"
    )
