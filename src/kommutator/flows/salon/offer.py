"""A client called and nobody answered: the nearest free starts go into their chat.

A few minutes later, by a timer, as a message nobody asked for (`flows/outreach/`): whoever called
back meanwhile, or was called, is left alone, also just before it goes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol
from uuid import UUID

import msgspec

from kommutator.domain.calls.call import Call, Phase
from kommutator.domain.commands import CallResult, Direction
from kommutator.domain.connection import Account, ConnectionStatus
from kommutator.domain.journal import Decided, Ignored, JournalRow, Verdict
from kommutator.domain.outreach.wanted import OutreachKind, Wanted
from kommutator.domain.salon.copy import SALONS
from kommutator.domain.salon.offer import (
    DAYS,
    KEY,
    OfferRule,
    moments_in_words,
    nearest,
    read_rule,
)
from kommutator.domain.salon.slots import free_days, seances, step_of
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission
from kommutator.flows.forms import merged
from kommutator.flows.outreach.owe import Outreach
from kommutator.flows.outreach.ports import Drop, Send
from kommutator.flows.pauses import Decide
from kommutator.flows.salon.source import local
from kommutator.kit.errors import NotFound
from kommutator.kit.texts import Texts
from kommutator.store.phone_book import fits

if TYPE_CHECKING:
    from kommutator.store.database import Database
    from kommutator.store.outreach import OutreachRow
    from kommutator.store.salons import KeptSalon
    from kommutator.store.unit import Unit

OFFER: Final = "offer_slots"
WAIT: Final = timedelta(minutes=3)
_WORTH: Final = timedelta(hours=1)


class Accounts(Protocol):
    """What is needed of `Directory`."""

    async def accounts(self, enterprise: EnterpriseNumber) -> Sequence[Account]: ...


@dataclass(frozen=True, slots=True)
class _Offered:
    """To whom, and which free starts."""

    phone: str
    moments: Sequence[datetime]


async def still_missed(unit: Unit, row: OutreachRow) -> Drop | Send:
    """Implements `flows.outreach.ports.Recheck` for offers: nobody has called back meanwhile."""
    missed = await unit.operator.missed(row.enterprise, row.about.removeprefix("call:"))
    return Drop("spoken") if missed is None or missed.spoken_since else Send()


class OfferSlots:
    """Hears of missed calls, and decides upon the timers that it sets."""

    def __init__(
        self, accounts: Accounts, texts: Texts, outreach: Outreach, *, wait: timedelta = WAIT
    ) -> None:
        self._accounts = accounts
        self._outreach = outreach
        self._texts = texts
        self._wait = wait

    async def note(
        self,
        unit: Unit,
        enterprise: EnterpriseNumber,
        call: Call,
        before: Call | None,
        at: datetime,
    ) -> None:
        """Think of this call again in a while, if it has just been missed."""
        if not _is_missed(call) or (before is not None and before.phase is Phase.ENDED):
            return
        if await self._salon(enterprise) is None:
            return
        name = f"call:{call.id}:{OFFER}"
        await unit.timers.set(enterprise, name, run_at=at + self._wait, kind=OFFER, key=call.id)

    def deciding(self, follow: Decide) -> Decide:
        """Decides upon our timers; every other row goes on to `follow`."""

        async def decide(unit: Unit, row: JournalRow) -> Verdict:
            if row.source != "timer" or row.kind != OFFER:
                return await follow(unit, row)
            why_not = await self._offer(unit, row)
            return Decided() if why_not is None else Ignored(why_not)

        return decide

    async def _offer(self, unit: Unit, row: JournalRow) -> str | None:
        """None: offered; else the slug of why not, for the call's story."""
        enterprise, call_id = row.enterprise, row.key or ""
        missed = await unit.operator.missed(enterprise, call_id)
        account = await self._salon(enterprise)
        salon = await unit.salons.get(enterprise, account.connection_id) if account else None
        if missed is None or account is None or salon is None:
            return "offer_not_wanted"
        rule = read_rule(account.config)
        if rule.is_quiet(row.received_at, salon.salon.time_zone) or missed.spoken_since:
            return "offer_spoken" if missed.spoken_since else "offer_quiet"
        if not await unit.operator.chats(enterprise, [missed.client]):
            return "offer_no_chat"
        moments = await self._moments(unit, account, salon, rule, missed.client, row.received_at)
        if not moments:
            return "offer_nothing_free"
        today = local(row.received_at, salon.salon).date()
        if not await unit.operator.offer(enterprise, missed.client, today, call_id):
            return "offer_made_today"
        await self._owe(unit, row, salon, account, _Offered(missed.client, moments))
        return None

    async def _owe(
        self, unit: Unit, row: JournalRow, salon: KeptSalon, account: Account, offered: _Offered
    ) -> None:
        enterprise = await unit.enterprises.get(row.enterprise)
        title = salon.salon.title
        wanted = Wanted(
            enterprise=row.enterprise,
            salon=account.connection_id,
            phone=offered.phone,
            client_name="",
            kind=OutreachKind.MISSED_CALL,
            text=offer_text(self._texts, enterprise.locale, title, offered.moments),
            about=f"call:{row.key}",
            once=f"offer:{row.key}",
            due_at=row.received_at,
            not_after=row.received_at + _WORTH,
            service=False,
        )
        await self._outreach.owe(unit, [wanted])

    async def _moments(
        self,
        unit: Unit,
        account: Account,
        salon: KeptSalon,
        rule: OfferRule,
        phone: str,
        now: datetime,
    ) -> Sequence[datetime]:
        key = account.enterprise, account.connection_id
        known = await unit.salon_lists.services(*key)
        wanted = await _wanted(unit, account, rule, phone, [one.id for one in known if one.active])
        if not wanted:
            return ()
        lengths = seances(known, await unit.salon_lists.staff(*key), wanted)
        today = local(now, salon.salon)
        last = today.date() + timedelta(days=DAYS)
        days = await unit.salon_days.open_between(*key, today.date(), last, lengths)
        step_s = step_of(known, wanted, salon.salon.slot_step_s)
        earliest = today + timedelta(seconds=salon.salon.notice_s)
        free = free_days(days, lengths, step_s=step_s, earliest=earliest)
        return nearest([start for day in free for start in day.starts()])

    async def _salon(self, enterprise: EnterpriseNumber) -> Account | None:
        """The salon whose time is offered; None: the rule is off."""
        return next(
            (
                account
                for account in await self._accounts.accounts(enterprise)
                if account.kind in SALONS
                and account.status is ConnectionStatus.ACTIVE
                and read_rule(account.config).on
            ),
            None,
        )


class OfferRules:
    """The rule as the page of a salon's calls shows it."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def save(
        self, actor: Actor, enterprise: EnterpriseNumber, connection_id: UUID, rule: OfferRule
    ) -> None:
        """Raises NotFound: `connection_not_found`."""
        actor.demand(Permission.CONFIGURE, enterprise)
        async with self._db.unit() as unit:
            stored = await unit.connections.lock(enterprise, connection_id)
            if stored.kind not in SALONS or stored.status is ConnectionStatus.REMOVED:
                raise NotFound("connection_not_found")
            config = merged(stored.config, {KEY: msgspec.to_builtins(rule)})
            config[KEY] = msgspec.to_builtins(rule)
            await unit.connections.save(enterprise, connection_id, config=config)
            await unit.audit.add(
                enterprise,
                actor=actor.name,
                action="yclients.missed_offer",
                target=str(connection_id),
                detail={"on": rule.on},
            )
            unit.config_changed(enterprise, stored.kind.value)


def offer_text(texts: Texts, locale: str, title: str, moments: Sequence[datetime]) -> str:
    """What the client reads."""
    lines = moments_in_words(moments, locale)
    return texts.translate(locale, "missed_offer.text", salon=title, starts=lines)


async def _wanted(
    unit: Unit, account: Account, rule: OfferRule, phone: str, known: Sequence[int]
) -> Sequence[int]:
    """The rule's service, else what the client came for last, else the salon's first."""
    if rule.service_id is not None:
        return [one for one in (rule.service_id,) if one in known]
    last = await unit.operator.last_services(account.enterprise, account.connection_id, phone)
    came_for = [one for one in last if one in known]
    return came_for or known[:1]


def _is_missed(call: Call) -> bool:
    return (
        call.phase is Phase.ENDED
        and call.direction == Direction.IN.value
        and call.result is not CallResult.ANSWERED
        and fits(call.client)
    )
