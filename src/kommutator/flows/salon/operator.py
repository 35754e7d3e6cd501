"""A salon's own messages, handed over by its booking system, go into its clients' chats.

The same id handed over again is the same message. What became of each is told to the address that
came with it, and only if that is the vendor's own: it holds our partner token.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kommutator.domain.chats import Spoken
from kommutator.domain.commands import ReportMessages
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus, lane_of
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.chats.speak import Saying, speak
from kommutator.flows.directory import Directory
from kommutator.flows.secrets import digest
from kommutator.kit.errors import Forbidden, InvalidInput, NotFound, Unauthorized
from kommutator.kit.phones import to_e164
from kommutator.store.outbox import Owed

if TYPE_CHECKING:
    from kommutator.store.database import Database
    from kommutator.store.unit import Unit

MOST: Final = 500
LONGEST_TEXT: Final = 4000
_MARK: Final = "{token}"
DELIVERED, NOT_DELIVERED, HANDED_OVER = 1, 2, 8
_STATUS: Final = {"sent": DELIVERED, "failed": NOT_DELIVERED, "maybe_sent": HANDED_OVER}
"""A messenger that took a message tells nothing later: what it took counts as delivered."""


@dataclass(frozen=True, slots=True)
class Order:
    """One text for several people. `to`: the booking system's id → phone as it writes it."""

    to: Mapping[str, str]
    text: str
    callback: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one. `refused`: slug `operator.<slug>`; None: `ext_id` names it here."""

    id: str
    ext_id: str | None
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Callbacks:
    """What the connector knows of addresses.

    Attributes:
        is_vendors: whether an address may be told our token.
        token: what stands in it, and is kept as `{token}`.
    """

    is_vendors: Callable[[str], bool]
    token: str


class CarryMessages:
    """The service behind `POST /api/yclients/messages`. `callbacks`: None without the connector."""

    def __init__(self, db: Database, directory: Directory, callbacks: Callbacks | None) -> None:
        self._db = db
        self._directory = directory
        self._callbacks = callbacks

    async def __call__(self, key: str, order: Order) -> Sequence[Taken]:
        """Owe each to the open chat of its number.

        Raises:
            Unauthorized: `operator_key_wrong`.
            Forbidden: `operator_salon_off`: frozen, or not connected.
            InvalidInput: `operator_callback_foreign`, `operator_text_missing`,
                `operator_text_long`, `operator_nobody`, `operator_too_many`.
        """
        account = await self._sender(key)
        callback = self._checked(order)
        enterprise, salon = account.enterprise, account.connection_id
        phones = {one: to_e164(_plus(phone)) for one, phone in order.to.items()}
        async with self._db.unit() as unit:
            await unit.operator.lock(salon)
            known = dict(await unit.operator.taken(enterprise, salon, list(order.to)))
            if await unit.outreach_pauses.is_stopped(enterprise):
                return [_stopped(one, known.get(one)) for one in order.to]
            chats = await unit.operator.chats(enterprise, [p for p in phones.values() if p])
            fresh = [
                (one, chats[phone])
                for one, phone in phones.items()
                if one not in known and phone is not None and phone in chats
            ]
            sayings = [
                Saying(
                    chat.connection_id,
                    ConnectionKind(chat.kind),
                    chat.chat_id,
                    order.text,
                    once=f"operator:{salon.hex}:{one}",
                    about=f"operator:{one}",
                )
                for one, chat in fresh
            ]
            rows = await speak(unit, enterprise, sayings)
            owed = {one: row for (one, _), row in zip(fresh, rows, strict=True)}
            await unit.operator.take(enterprise, salon, owed, callback)
        known |= owed
        return [
            Taken(one, str(known[one])) if one in known else Taken(one, None, _why(phone))
            for one, phone in phones.items()
        ]

    async def _sender(self, key: str) -> Account:
        async with self._db.single() as unit:
            found = await unit.operator.holder_everywhere(digest(key))
        if found is None:
            raise Unauthorized("operator_key_wrong")
        try:
            account = await self._directory.account(found[1])
        except NotFound as gone:
            raise Unauthorized("operator_key_wrong") from gone
        if account.status is not ConnectionStatus.ACTIVE:
            raise Forbidden("operator_salon_off")
        return account

    def _checked(self, order: Order) -> str:
        """The address for reports, without the token."""
        if not order.to:
            raise InvalidInput("operator_nobody")
        if len(order.to) > MOST:
            raise InvalidInput("operator_too_many", most=MOST)
        if not order.text.strip():
            raise InvalidInput("operator_text_missing")
        if len(order.text) > LONGEST_TEXT:
            raise InvalidInput("operator_text_long", most=LONGEST_TEXT)
        if not order.callback:
            return ""
        known = self._callbacks
        own = _MARK in order.callback  # would have the token sent wherever the caller wishes
        if known is None or own or not known.is_vendors(order.callback):
            raise InvalidInput("operator_callback_foreign")
        return order.callback.replace(known.token, _MARK)


async def report_spoken(unit: Unit, enterprise: EnterpriseNumber, spoken: Sequence[Spoken]) -> None:
    """Owe the booking system what became of its messages, in the transaction that settles them."""
    statuses = {one.outbox_id: _STATUS[one.state] for one in spoken if one.state in _STATUS}
    if not statuses:
        return
    owed = []
    for one in await unit.operator.settle(enterprise, statuses):
        if not one.callback:
            continue
        command = ReportMessages(to=one.callback, reports=((one.id, one.status),))
        lane = lane_of(ConnectionKind.YCLIENTS, one.connection_id)
        once = f"operator:{one.id}:{one.status}"
        owed.append(Owed(lane, one.connection_id, f"operator:{one.id}", command, once))
    await unit.outbox.add(enterprise, owed)


def _plus(phone: str) -> str:
    """The booking system writes numbers without the plus."""
    bare = phone.strip()
    return bare if bare.startswith("+") else f"+{bare}"


def _stopped(one: str, row: int | None) -> Taken:
    """What is owed already stays owed; nothing new is, while unasked messages are paused."""
    return Taken(one, None, "paused") if row is None else Taken(one, str(row))


def _why(phone: str | None) -> str:
    return "no_number" if phone is None else "no_chat"
