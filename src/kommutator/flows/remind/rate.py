"""A client says how a visit was: kept, thanked for, and told to whoever must care."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Protocol

from kommutator.domain.assistant.talk import Rate
from kommutator.domain.commands import CreateTask
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus, crm_of
from kommutator.domain.remind.rules import Rules
from kommutator.domain.remind.words import first_name
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.converse.ports import Where
from kommutator.flows.remind.plan import rules_of
from kommutator.kit.clock import Clock
from kommutator.kit.texts import Texts
from kommutator.store.outbox import Owed
from kommutator.store.reviews import NewReview

if TYPE_CHECKING:
    from kommutator.store.unit import Unit

CONTENT: Final = 4
"""From so many stars on nobody of the salon has to ask what was wrong."""
_WITH_TASKS: Final = frozenset({ConnectionKind.AMOCRM, ConnectionKind.RETAILCRM})


class Accounts(Protocol):
    """What is needed of `Directory`."""

    async def accounts(self, enterprise: EnterpriseNumber) -> Sequence[Account]: ...


class KeepRating:
    """Implements `flows.converse.ports.TakeRating`."""

    def __init__(self, accounts: Accounts, texts: Texts, *, clock: Clock) -> None:
        self._accounts = accounts
        self._texts = texts
        self._clock = clock

    async def __call__(
        self,
        unit: Unit,
        salon: Account,
        where: Where,
        rate: Rate,
        language: str,
    ) -> Sequence[str]:
        key = salon.enterprise, salon.connection_id
        now = self._clock.now()
        visit = await unit.salon_visits.get(*key, rate.record_id)
        phone = visit.client_phone if visit else None
        review = NewReview(
            salon=salon.connection_id,
            record_id=rate.record_id,
            staff_id=visit.staff_id if visit else None,
            phone=phone,
            client_name=visit.client_name if visit else None,
            stars=rate.stars,
            words=rate.words[:2000],
            connection_id=where.connection_id,
            chat_id=where.chat_id,
            at=now,
        )
        is_first = await unit.reviews.put(salon.enterprise, review)
        await unit.questions.close(*key, [rate.record_id], "review", now)
        if not is_first:
            return ()
        if rate.stars < CONTENT and phone is not None:
            await self._task(unit, salon, review, phone)
        rules = await rules_of(unit, *key)
        return self._links(rules, rate, language)

    def _links(self, rules: Rules | None, rate: Rate, language: str) -> Sequence[str]:
        """One link, another one for the next client; after a low rating only where all get it."""
        links = rules.review.links if rules is not None else ()
        if not links or rules is None or (rate.stars < CONTENT and not rules.review.for_all):
            return ()
        link = links[rate.record_id % len(links)]
        text = self._texts.translate(language, "remind.link", title=link.title, url=link.url)
        return (text,)

    async def _task(self, unit: Unit, salon: Account, review: NewReview, phone: str) -> None:
        """In the CRM, if it has tasks; people are told in their messenger besides."""
        accounts = await self._accounts.accounts(salon.enterprise)
        working = [one for one in accounts if one.status is ConnectionStatus.ACTIVE]
        crm = crm_of([one for one in working if one.kind in _WITH_TASKS])
        if crm is None:
            return
        locale = (await unit.enterprises.get(salon.enterprise)).locale
        text = self._texts.translate(
            locale,
            "remind.task",
            stars=review.stars,
            client=first_name(review.client_name or "") or phone,
            words=review.words or "—",
        )
        owed = Owed(
            crm.lane,
            crm.connection_id,
            phone,
            CreateTask(client=phone, text=text),
            f"review:{review.salon.hex}:{review.record_id}",
        )
        await unit.outbox.add(salon.enterprise, [owed])
