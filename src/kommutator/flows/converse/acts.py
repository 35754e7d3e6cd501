"""Doing at the salon what a client agreed to; twice is as good as once.

A booking carries a mark made of its talk and turn, so that whoever repeats it after a crash finds
the visit that is there. Moves, cancellations and confirmations are judged by how the visit stands.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final
from uuid import UUID, uuid5

import msgspec

from kommutator.domain.assistant.ports import Scene
from kommutator.domain.assistant.talk import (
    Acted,
    AnyAct,
    BookVisit,
    CancelVisit,
    ConfirmVisit,
    MoveVisit,
    Offer,
    Rate,
)
from kommutator.domain.connection import Account, ConnectionStatus
from kommutator.domain.salon.booking import BookingWish, Guest, Start
from kommutator.domain.salon.facts import Attendance, Visit
from kommutator.flows.salon.alternatives import TIME_TAKEN
from kommutator.flows.salon.came import Declined, Done
from kommutator.flows.salon.change import Move
from kommutator.flows.salon.services import VisitDesk
from kommutator.kit.errors import Unavailable, UserError

BY: Final = "assistant"
_MARKS: Final = UUID("6d1f0a52-54a7-4c3e-9a55-1f9a3b8f0c13")
SalonAct = BookVisit | MoveVisit | CancelVisit | ConfirmVisit


def mark_of(conversation_id: int, no: int, act: BookVisit) -> str:
    """The same for the same act of the same turn, whoever does it and however often."""
    return uuid5(_MARKS, f"{conversation_id}:{no}:{msgspec.json.encode(act).decode()}").hex


def is_theirs(scene: Scene, act: AnyAct) -> bool:
    """Whether the act touches nobody else's visit, as far as the scene shows."""
    if not isinstance(act, MoveVisit | CancelVisit | ConfirmVisit | Rate):
        return True
    known = {visit.id for visit in scene.client.visits}
    asked = {question.record_id for question in scene.questions}
    match act:
        case ConfirmVisit():
            return known | asked >= set(act.records)
        case Rate():
            return act.record_id in known | asked
        case CancelVisit():
            return known >= set(act.records)
        case MoveVisit():
            return act.record_id in known


class DoActs:
    def __init__(self, desk: VisitDesk) -> None:
        self._desk = desk

    async def __call__(
        self, salon: Account, act: SalonAct, mark: str, *, proven: str | None
    ) -> Acted:
        """Raises VendorError: the salon's system could not be asked.

        `proven`: the client's phone (E.164), where the messenger vouches for it.
        """
        if salon.status is not ConnectionStatus.ACTIVE:
            return Acted("failed", reason="salon_not_working")
        try:
            return await self._do(salon, act, mark, proven)
        except Unavailable as error:
            return Acted("failed", reason=error.code)
        except UserError as error:
            return Acted("refused", reason=error.code.removeprefix("booking_"))

    async def _do(self, salon: Account, act: SalonAct, mark: str, proven: str | None) -> Acted:
        change = self._desk.change
        match act:
            case BookVisit():
                return await self._book(salon, act, mark, proven)
            case MoveVisit(record_id, offer):
                to = Move(offer.starts_at, offer.staff_id)
                moved = await change.move(salon, record_id, to, by=BY)
                return _declined(moved) if isinstance(moved, Declined) else _done(record_id)
            case CancelVisit():
                return await _each(act.records, lambda one: change.cancel(salon, one, by=BY))
            case ConfirmVisit():
                coming = Attendance.CONFIRMED
                return await _each(
                    act.records, lambda one: change.attend(salon, one, coming, by=BY)
                )

    async def _book(self, salon: Account, act: BookVisit, mark: str, proven: str | None) -> Acted:
        """A salon that wants phones proven by SMS takes those that a messenger proves."""
        asks_code = (await self._desk.shelf.salon(salon)).asks_code
        by_admin = asks_code and act.phone == proven
        wish = BookingWish(
            act.offer.staff_id,
            act.service_ids,
            act.offer.starts_at,
            Guest(act.phone, act.name),
            api_id=mark,
        )
        came = await self._desk.book(salon, wish, made_by=BY, by_admin=by_admin)
        if isinstance(came, Declined):
            return _declined(came)
        if isinstance(came, Done):
            return _done(came.made.record_id)
        return Acted("unclear")


async def _each(records: Sequence[int], change: Callable[[int], Awaitable[Visit]]) -> Acted:
    """All that can be; whoever repeats it finds what is done already.

    Raises what the first of them was refused with, after the others.
    """
    refused: UserError | None = None
    for record_id in records:
        try:
            await change(record_id)
        except UserError as error:
            refused = refused or error
    if refused is not None:
        raise refused
    return _done(records[0])


def _done(record_id: int) -> Acted:
    return Acted("done", record_id=record_id)


def _declined(declined: Declined) -> Acted:
    return Acted(
        "taken" if declined.reason in TIME_TAKEN else "refused",
        alternatives=_offers(declined.alternatives),
        reason=declined.reason.value,
    )


def _offers(starts: Sequence[Start]) -> tuple[Offer, ...]:
    return tuple(Offer(one.staff_id, one.starts_at, one.seance_s) for one in starts)
