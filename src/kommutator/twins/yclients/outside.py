"""What YClients tells the outside world: marketplace, hooks, an operator's channel, telephony."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kommutator.twins.yclients.applications import (
    ACTIVE,
    FREEZED,
    UNINSTALLED,
    Application,
)
from kommutator.twins.yclients.courier import Courier
from kommutator.twins.yclients.hook_news import HookNews
from kommutator.twins.yclients.lifecycle import Lifecycle
from kommutator.twins.yclients.market import Market, Turn
from kommutator.twins.yclients.operator_channel import OperatorChannel
from kommutator.twins.yclients.permissions import tree
from kommutator.twins.yclients.phone_calls import Telephony
from kommutator.twins.yclients.reminders import Reminders

if TYPE_CHECKING:
    from kommutator.twins.yclients.changes import Change
    from kommutator.twins.yclients.world import World

Json = dict[str, Any]

STANDING_TARIFFS: tuple[Json, ...] = (
    {
        "id": 89,
        "title": "1 месяц",
        "options": [
            {
                "id": 123,
                "title": "До 5 сотрудников",
                "overall_price": 990,
                "duration_in_months": 1,
                "staff_amount": 5,
                "free_period_in_months": 0,
                "currency_iso": "RUB",
            }
        ],
    },
)
DESCRIPTION = "Телефония и мессенджеры: звонки клиентов, напоминания и запись через чат."


class Outside:
    """One twin's connections to partners."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.market = Market(self, world.switches)
        self.courier = Courier(world.core.ids, world.core.clock, world.core.bell.ring)
        token = world.standing.partner_token
        self.lifecycle = Lifecycle(self.courier, world.switches, token)
        self.hooks = HookNews(world, self.market, self.courier)
        self.operator = OperatorChannel(world, self.market)
        self.reminders = Reminders(world, self.operator)
        # By the chain's id.
        self._telephony: dict[int, Telephony] = {}
        # Connects that were made, newest last, for whoever replays them.
        self.redirects: list[str] = []
        self.market.listeners += [self._rights, self.lifecycle.turned, self._operators]
        world.subscribe(self.hooks.changed)
        world.subscribe(self._record_changed)
        world.on_reset.append(self._reset)
        self._open()

    def epoch(self) -> float:
        """The twin's seconds (`market.Time`)."""
        return self._world.now()

    def local(self, salon_id: int) -> str:
        """`Y-m-d H:i:s` in a salon (`market.Time`)."""
        world = self._world
        return f"{world.local_now(world.company(salon_id)):%Y-%m-%d %H:%M:%S}"

    def telephony(self, group_id: int) -> Telephony:
        """The telephony of a chain."""
        return self._telephony.setdefault(group_id, Telephony())

    async def close(self) -> None:
        """Stop sending."""
        self.reminders.forget()
        await self.courier.close()

    def _open(self) -> None:
        """The standing application, in no salon yet."""
        world = self._world
        standing = world.standing
        self.market.applications[standing.application_id] = Application(
            id=standing.application_id,
            title="Kommutator",
            partner_id=next(iter(world.partners)),
            system_user_id=world.system_user_id,
            redirect_url=standing.redirect_url,
            callback_url=standing.callback_url,
            operator_url=standing.operator_url,
            description=DESCRIPTION,
            tariffs=[dict(row) for row in STANDING_TARIFFS],
        )

    def _reset(self) -> None:
        self.market.clear()
        self.courier.forget()
        self.hooks.settings.clear()
        self.operator.messages.clear()
        self.reminders.forget()
        self._telephony.clear()
        self.redirects.clear()
        self._open()

    def _rights(self, turn: Turn) -> None:
        """The system user comes and goes with the installation."""
        user = self._world.users[turn.application.system_user_id]
        salon_id, status = turn.connection.salon_id, turn.connection.status
        stopped = status == FREEZED and self._world.switches.freeze_stops_api
        if status == ACTIVE:
            user.access[salon_id] = rights_of(turn.application)
        elif status == UNINSTALLED or stopped:
            user.access.pop(salon_id, None)

    def _operators(self, turn: Turn) -> None:
        self.reminders.company_changed(self._world.company(turn.connection.salon_id))
        self._world.core.bell.ring()

    def _record_changed(self, change: Change) -> None:
        if change.resource == "record":
            self.reminders.record_changed(change.company, change.id)


def rights_of(application: Application) -> Json:
    """The tree of the application's system user in a salon."""
    whole = tree()
    nothing = tree(allowed=False)
    return {
        room: rights if room in application.rooms else nothing[room]
        for room, rights in whole.items()
    }
