"""A client wrote, or staff did in the messenger itself: who speaks now, and when is it our turn?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kommutator.domain.assistant.debounce import wait_s
from kommutator.domain.assistant.frame import Expecting
from kommutator.domain.assistant.settings import read_settings
from kommutator.domain.assistant.talk import HandOver
from kommutator.domain.chats import ChatNews, Said
from kommutator.domain.connection import Account
from kommutator.flows.converse.aside import Aside
from kommutator.flows.converse.salon_of import SalonOf
from kommutator.kit.metrics import Metrics

if TYPE_CHECKING:
    from kommutator.store.unit import Unit

_HOUR_S = 3600.0
_REACTION = "reaction"
"""No words: nobody knows to which message it was given, so it agrees to nothing and answers
nothing, and staff who give one do not take the talk over."""


class HearClients:
    """Implements `flows.chats.hear.HearMessages`."""

    def __init__(self, salon_of: SalonOf, aside: Aside, metrics: Metrics) -> None:
        self._salon_of = salon_of
        self._aside = aside
        self._heard = metrics.messages_heard

    async def __call__(self, unit: Unit, account: Account, news: ChatNews, said: Said) -> None:
        """Chats of those who are told of visits are no clients'."""
        key = account.enterprise, account.connection_id
        if await unit.notice_receivers.is_told(*key, news.chat_id):
            return
        enterprise = await unit.enterprises.get(account.enterprise)
        settings = read_settings(enterprise.settings)
        salon = await self._salon_of(account)
        salon_id = None if salon is None else salon.connection_id
        unit.chat_changed(*key, news.chat_id)
        if said.kind == _REACTION:
            return
        if said.from_me:
            await unit.conversations.by_staff(
                *key, news.chat_id, pause_s=settings.pause_hours * _HOUR_S,
                reason=HandOver.STAFF_WROTE.value, salon=salon_id,
            )  # fmt: skip
            return
        self._heard.labels(account.kind.value).inc()
        works = salon_id is not None and settings.works_in(salon_id)
        heard = await unit.conversations.hear(
            *key, news.chat_id, salon=salon_id, by_bot=works, late=said.late
        )
        by_bot = heard.speaking == "bot" and not said.late
        answers = await self._aside(unit, account, news, said, by_bot=by_bot)
        if said.late or not (by_bot or answers):
            return
        debounce = settings.debounce
        expecting = Expecting(heard.expecting)
        await unit.conversations.wait(
            *key, news.chat_id, said.message_id,
            wait_s=wait_s(debounce, said.text, said.kind, expecting),
            longest_s=debounce.longest_s,
        )  # fmt: skip
