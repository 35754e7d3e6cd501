"""Whoever does not want to be written to unasked is not, by any messenger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from kommutator.domain.tenancy import Actor, EnterpriseNumber
from kommutator.flows.outreach.recall import recall
from kommutator.kit.clock import Clock
from kommutator.kit.errors import InvalidInput
from kommutator.kit.phones import to_e164
from kommutator.store.consents import Consent

if TYPE_CHECKING:
    from kommutator.store.database import Database
    from kommutator.store.unit import Unit


@dataclass(frozen=True, slots=True)
class Shown:
    """`now`: what holds; None: nothing was ever said. `history`: the latest first."""

    phone: str
    now: Consent | None
    history: Sequence[Consent]


class Consents:
    """Opting out and in. Replies to clients never ask here."""

    def __init__(self, db: Database, *, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def say(
        self,
        actor: Actor,
        enterprise: EnterpriseNumber,
        phone: str,
        *,
        opted_out: bool,
        source: Literal["staff", "api"] = "staff",
    ) -> Shown:
        """Somebody of ours writes down what a client told them.

        Raises InvalidInput: `phone_invalid`.
        """
        number, now = _number(phone), self._clock.now()
        async with self._db.unit() as unit:
            await unit.consents.say(
                enterprise, number, opted_out=opted_out, source=source, by=actor.name,
                at=now,
            )  # fmt: skip
            if opted_out:
                await _stop(unit, enterprise, number, now)
            await unit.audit.add(
                enterprise,
                actor=actor.name,
                action="consent.out" if opted_out else "consent.in",
                target=number,
            )
            return await _shown(unit, enterprise, number)

    async def of(self, enterprise: EnterpriseNumber, phone: str) -> Shown:
        """Raises InvalidInput: `phone_invalid`."""
        async with self._db.unit() as unit:
            return await _shown(unit, enterprise, _number(phone))


async def said_in_chat(
    unit: Unit,
    enterprise: EnterpriseNumber,
    connection_id: UUID,
    chat_id: str,
    *,
    opted_out: bool,
    by: str,
    at: datetime,
) -> None:
    """A client wrote STOP, or START: it holds in every messenger from `at` on.

    `by`: whatever names the talk, kept as a proof.
    """
    phone = await unit.consents.say_in_chat(
        enterprise, connection_id, chat_id, opted_out=opted_out, by=by, at=at
    )
    if opted_out:
        await _stop(unit, enterprise, phone, at, (connection_id, chat_id))


async def met(
    unit: Unit, enterprise: EnterpriseNumber, connection_id: UUID, chat_id: str, at: datetime
) -> bool:
    """We learnt whose this chat is: a STOP said by any of their names holds for all of them.

    True: they want nothing unasked.
    """
    phone, said = await unit.consents.met(enterprise, connection_id, chat_id)
    if said is None or not said.opted_out:
        return False
    await _stop(unit, enterprise, phone, at, (connection_id, chat_id))
    return True


async def _stop(
    unit: Unit,
    enterprise: EnterpriseNumber,
    phone: str | None,
    at: datetime,
    chat: tuple[UUID, str] | None = None,
) -> None:
    """Also what is already under way, if it can be stopped."""
    await unit.outreach.lock(enterprise)  # what is being sent this moment is under way after it
    if chat is not None:
        connection_id, chat_id = chat
        there = await unit.outreach_tries.pending(enterprise, connection_id, chat_id=chat_id)
        await recall(unit, there, at, "opted_out")
        await unit.outreach.drop(enterprise, chat=chat, reason="opted_out", at=at)
    if phone is not None:
        pending = await unit.outreach_tries.pending(enterprise, phone=phone)
        await recall(unit, pending, at, "opted_out")
        await unit.outreach.drop(enterprise, phone=phone, reason="opted_out", at=at)


async def _shown(unit: Unit, enterprise: EnterpriseNumber, phone: str) -> Shown:
    now = await unit.consents.of(enterprise, phone)
    return Shown(phone, now, await unit.consents.history(enterprise, phone))


def _number(phone: str) -> str:
    number = to_e164(phone)
    if number is None:
        raise InvalidInput("phone_invalid", phone=phone[:40])
    return number
