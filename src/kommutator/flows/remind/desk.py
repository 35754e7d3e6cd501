"""Reminders, reviews and their rules, for people and integrators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from kommutator.domain.connection import Account, ConnectionStatus
from kommutator.domain.notices.words import example
from kommutator.domain.outreach.wanted import OutreachKind
from kommutator.domain.remind.plan import to_come
from kommutator.domain.remind.rules import (
    KEY,
    RemindSettings,
    Rules,
    checked_rules,
    dump_rules,
    read_rules,
)
from kommutator.domain.salon.copy import SALONS
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission
from kommutator.flows.remind.plan import PlanMessages
from kommutator.flows.remind.wording import Wording
from kommutator.flows.salon.source import local
from kommutator.kit.clock import Clock
from kommutator.kit.texts import Texts
from kommutator.store.reviews import Review

if TYPE_CHECKING:
    from kommutator.flows.directory import Directory
    from kommutator.store.database import Database

AHEAD: Final = timedelta(days=60)
"""Visits later than that are planned when they change, or when the rules are saved again."""


@dataclass(frozen=True, slots=True)
class RulesShown:
    """`warnings`: slugs `remind.warning.<slug>` of what may bother clients."""

    settings: RemindSettings
    warnings: Sequence[str]


class Reminders:
    """The service behind the API's and the console's reminders."""

    def __init__(
        self,
        db: Database,
        directory: Directory,
        plan: PlanMessages,
        wording: Wording,
        texts: Texts,
        *,
        clock: Clock,
    ) -> None:
        self._db = db
        self._directory = directory
        self._plan = plan
        self._wording = wording
        self._texts = texts
        self._clock = clock

    async def settings(self, enterprise: EnterpriseNumber) -> RulesShown:
        async with self._db.single() as unit:
            found = (await unit.enterprises.get(enterprise)).settings
        return RulesShown(read_rules(found), await self._warnings(enterprise))

    async def save(
        self, actor: Actor, enterprise: EnterpriseNumber, given: Mapping[str, Any]
    ) -> RulesShown:
        """What is not given becomes the default; visits to come are planned by the new rules.

        Raises InvalidInput: see `checked_rules`.
        """
        actor.demand(Permission.CONFIGURE, enterprise)
        settings = checked_rules(given)
        async with self._db.unit() as unit:
            await unit.enterprises.update(enterprise, settings={KEY: dump_rules(settings)})
            await unit.audit.add(
                enterprise, actor=actor.name, action="remind.settings", detail={"on": settings.on}
            )
        for account in await self._salons(enterprise):
            rules = settings.of(account.connection_id)
            if rules is not None:
                await self._plan_all(account, rules)
        return RulesShown(settings, await self._warnings(enterprise))

    async def reviews(
        self,
        enterprise: EnterpriseNumber,
        *,
        before: int | None = None,
        salon: UUID | None = None,
        limit: int = 50,
    ) -> Sequence[Review]:
        """Newest first."""
        async with self._db.single() as unit:
            return await unit.reviews.page(enterprise, before=before, salon=salon, limit=limit)

    async def preview(self, enterprise: EnterpriseNumber, kind: OutreachKind, rules: Rules) -> str:
        """The very message, about the next visit of a real salon, else about an invented one."""
        async with self._db.unit() as unit:
            locale = (await unit.enterprises.get(enterprise)).locale
            language = rules.language or locale
            for account in await self._salons(enterprise):
                kept = await unit.salons.get(enterprise, account.connection_id)
                if kept is None:
                    continue
                today = local(self._clock.now(), kept.salon).date()
                visits = await unit.salon_visits.between(
                    enterprise, account.connection_id, today, today + timedelta(days=14)
                )
                real = next((one for one in visits if to_come(one)), None)
                if real is not None:
                    words = await self._wording.of(unit, account, kept.salon, rules)
                    return words.text(kind, [real])
        change, salon, staff = example(lambda slug: self._texts.translate(language, slug))
        words = self._wording.example(language, salon, rules, staff)
        return words.text(kind, [change.after])

    async def _plan_all(self, account: Account, rules: Rules) -> None:
        key = account.enterprise, account.connection_id
        async with self._db.unit() as unit:
            kept = await unit.salons.get(*key)
            if kept is None:
                return
            today = local(self._clock.now(), kept.salon).date()
            visits = await unit.salon_visits.between(*key, today, today + AHEAD)
            await self._plan.plan(unit, account, kept.salon, visits, rules)

    async def _salons(self, enterprise: EnterpriseNumber) -> Sequence[Account]:
        accounts = await self._directory.accounts(enterprise)
        return [
            one for one in accounts if one.kind in SALONS and one.status is ConnectionStatus.ACTIVE
        ]

    async def _warnings(self, enterprise: EnterpriseNumber) -> Sequence[str]:
        """A salon whose own messages leave through us may remind by itself, too."""
        salons = await self._salons(enterprise)
        twice = any(one.secrets.get("api_key") for one in salons)
        return ["twice"] if twice else []
