"""From what reached us to what is owed: the story of every call.

One journal row at a time, inside the engine's transaction: load the calls that the row may
mean, let them observe it, save them, and owe each CRM connection what it was not told yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from kommutator.domain.calls.board import Board, CallEvent, names_in
from kommutator.domain.calls.call import Call
from kommutator.domain.calls.clicks import WITHIN_S
from kommutator.domain.calls.decide import decide
from kommutator.domain.calls.events import OriginateRefused, Snapshot, TimeUp
from kommutator.domain.calls.facts import news
from kommutator.domain.calls.memory import Memory, Told, dump, load
from kommutator.domain.calls.policy import read_policy
from kommutator.domain.calls.read import read_call
from kommutator.domain.calls.reports import Click, ClickCancelled, Report
from kommutator.domain.connection import Account, by_ssh, hears, pbx_of
from kommutator.domain.journal import Decided, Ignored, JournalRow, Verdict
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.follow_recordings import FollowRecordings
from kommutator.flows.salon.offer import OfferSlots
from kommutator.store.calls import StoredCall
from kommutator.store.outbox import Owed
from kommutator.store.unit import Unit

_GRACE = timedelta(seconds=0.5)
"""A failed originate may outrun the birth of its leg; after this nothing comes any more."""

_CLICK_WAIT = timedelta(seconds=30)
"""A click gives up after 15 s; by then either a leg or a refusal has been heard."""

_BLIND_WAIT = timedelta(seconds=WITHIN_S + 10)
"""A PBX that was not given our id tells of the click within this time, or never."""

_LONGEST_CALL = timedelta(hours=4)
"""HTTP senders may lose the hang-up; a call must not ring on the live board for ever."""

TIME_UP = "time_up"
LOOK_AGAIN = "look_again"
CANCEL = "cancel-call"


class Reader(Protocol):
    """A connector's translator of journal rows of one source."""

    def __call__(self, row: JournalRow, pbx: Account | None, zone: str, /) -> Sequence[CallEvent]:
        """What the row tells about calls; empty if nothing.

        `zone` is the IANA name for times without one. Raises UserError for a body that the
        door should have refused.
        """
        ...


class Accounts(Protocol):
    """What is needed of `Directory`."""

    async def accounts(self, enterprise: EnterpriseNumber) -> Sequence[Account]: ...


class PhoneBook(Protocol):
    """Who clients are; see `flows.phone_book`."""

    async def knows(self, unit: Unit, account: Account, phone: str) -> bool | None:
        """Whether the CRM knows a client; None if nobody has looked."""
        ...

    async def attend(
        self,
        unit: Unit,
        enterprise: EnterpriseNumber,
        call: Call,
        before: Call | None,
        crms: Sequence[Account],
    ) -> None:
        """Name the client of a saved call, have them looked up, learn who talked."""
        ...


class NoPhoneBook:
    """Nobody has looked."""

    async def knows(self, *_: object) -> bool | None:
        return None

    async def attend(self, *_: object) -> None:
        return None


class FollowCalls:
    """Decides upon rows of the sources "ami", "http", "click" and "timer".

    A click's command is owed by `flows.click_to_call` itself, in the same transaction.

    Args:
        readers: for "ami" and "http", whose bodies are a vendor's, and for "recording".
    """

    def __init__(
        self,
        accounts: Accounts,
        readers: Mapping[str, Reader],
        *,
        phone_book: PhoneBook | None = None,
        recordings: FollowRecordings | None = None,
        missed: OfferSlots | None = None,
    ) -> None:
        self._accounts = accounts
        self._missed = missed
        self._readers = readers
        self._recordings = recordings
        self._phone_book = phone_book or NoPhoneBook()

    async def decide(self, unit: Unit, row: JournalRow) -> Verdict:
        """Give the row its effect, inside the caller's transaction."""
        accounts = await self._accounts.accounts(row.enterprise)
        pbx = pbx_of(accounts, row.connection_id)
        events = self.read(row, pbx, accounts)
        if not events and not _asks_to_look(row):
            return Ignored("not_about_a_call")
        book, recordings, missed = self._phone_book, self._recordings, self._missed
        story = _Story(unit, row, accounts, pbx, book, recordings, missed)
        return await story.tell(events)

    def read(
        self, row: JournalRow, pbx: Account | None, accounts: Sequence[Account]
    ) -> Sequence[CallEvent]:
        """What the row tells about calls; empty if nothing. Raises UserError: see `Reader`."""
        at = row.received_at.timestamp()
        if row.source == "timer":
            return (TimeUp(call=row.key or "", at=at),) if row.kind == TIME_UP else ()
        if row.source == "click" and row.kind == CANCEL:
            return (ClickCancelled(call=row.key or "", at=at),)
        if row.source == "click":
            return (msgspec.json.decode(row.body, type=Click),)
        reader = self._readers.get(row.source)
        zone = next((account.time_zone for account in (pbx, *accounts) if account), "UTC")
        return reader(row, pbx, zone) if reader else ()


class _Story:
    """The effect of one row."""

    def __init__(
        self,
        unit: Unit,
        row: JournalRow,
        accounts: Sequence[Account],
        pbx: Account | None,
        phone_book: PhoneBook,
        recordings: FollowRecordings | None,
        missed: OfferSlots | None,
    ) -> None:
        self._unit = unit
        self._missed = missed
        self._recordings = recordings
        self._row = row
        self._enterprise = row.enterprise
        self._crms = [account for account in accounts if hears(account)]
        self._pbx = pbx
        self._phone_book = phone_book
        self._stored: dict[str, StoredCall] = {}

    async def tell(self, events: Sequence[CallEvent]) -> Verdict:
        board = await self._board(events)
        before = {memory.id: self._call(memory) for memory in board.calls.values()}
        for event in events:
            if isinstance(event, Report):
                board.adopt(event)
        heard = [board.feed(event) for event in events]
        if events and not any(heard):
            return Ignored("began_before_us")
        if _asks_to_look(self._row):
            board.touched |= set(board.calls)
        for gone, into in board.merged.items():
            if gone in self._stored:
                await self._unit.calls.merge(self._enterprise, gone, into)
                await self._unit.recordings.move(self._enterprise, gone, into)
                self._unit.call_changed(self._enterprise, gone)
        await self._unit.calls.name(self._enterprise, board.named)
        for event in events:
            await self._answer(event, board)
        for call_id in sorted(board.touched):
            await self._settle(board.calls[call_id], before.get(call_id))
        return Decided()

    async def _board(self, events: Sequence[CallEvent]) -> Board:
        names = {name for event in events for name in names_in(event)}
        if _asks_to_look(self._row) and self._row.key:
            names.add(self._row.key)
        if self._pbx and any(isinstance(event, Snapshot) for event in events):
            names |= set(await self._unit.calls.live(self._enterprise, self._pbx.connection_id))
        names |= set(await self._blind_clicks(events))
        stored = await self._unit.calls.find(self._enterprise, names)
        self._stored = {call.id: call for call in stored}
        aliases = {alias: call.id for call in stored for alias in call.aliases}
        return Board([load(call.fold) for call in stored], aliases)

    async def _blind_clicks(self, events: Sequence[CallEvent]) -> Sequence[str]:
        """Clicks that these reports may be about: a PBX by SSH was not given our ids."""
        clients = {e.client for e in events if isinstance(e, Report) and e.client}
        if self._pbx is None or not by_ssh(self._pbx) or not clients:
            return ()
        since = self._row.received_at - _BLIND_WAIT
        pbx = self._pbx.connection_id
        return await self._unit.calls.clicked(self._enterprise, pbx, clients, since)

    def _call(self, memory: Memory) -> Call:
        return read_call(memory, fallback=self._row.received_at.timestamp())

    async def _answer(self, event: CallEvent, board: Board) -> None:
        """Besides observing: set the alarms for what may never come."""
        at = self._row.received_at
        match event:
            case Click(call_id=name) if memory := board.find(name):
                memory.clicked_at = memory.clicked_at or at.timestamp()
                wait = _BLIND_WAIT if memory.click and memory.click.blind else _CLICK_WAIT
                await self._alarm(TIME_UP, memory.id, at + wait)
            case OriginateRefused(call=name) if (memory := board.find(name)) and not memory.legs:
                await self._alarm(TIME_UP, memory.id, at + _GRACE)
            case Report(call=name) if (memory := board.find(name)) and (
                memory.id not in self._stored or memory.click is not None
            ):
                await self._alarm(TIME_UP, memory.id, at + _LONGEST_CALL)

    async def _alarm(self, kind: str, call_id: str, run_at: datetime) -> None:
        await self._unit.timers.set(
            self._enterprise, alarm_name(call_id, kind), run_at=run_at, kind=kind, key=call_id
        )

    async def _settle(self, memory: Memory, before: Call | None) -> None:
        pbx_id = self._row.connection_id or (self._pbx.connection_id if self._pbx else None)
        link = None
        if self._recordings is not None:
            link = await self._recordings.bind(
                self._unit,
                self._enterprise,
                self._call(memory),
                memory,
                self._row.received_at,
                pbx_id,
            )
        call = self._call(memory)
        owed: list[Owed] = []
        for crm in self._crms:
            owed += await self._owe(call, memory, crm, link)
        stored = self._stored.get(memory.id)
        await self._unit.calls.save(
            self._enterprise,
            call,
            fold=dump(memory),
            source=stored.source if stored else _origin(self._row),
            connection_id=stored.connection_id if stored else pbx_id,
        )
        await self._phone_book.attend(self._unit, self._enterprise, call, before, self._crms)
        await self._unit.outbox.add(self._enterprise, owed, journal_id=self._row.id)
        if self._missed is not None:
            at = self._row.received_at
            await self._missed.note(self._unit, self._enterprise, call, before, at)
        if before is None or news(before, call) or before.phase is not call.phase:
            self._unit.call_changed(self._enterprise, memory.id)

    async def _owe(
        self, call: Call, memory: Memory, crm: Account, link: str | None
    ) -> Iterable[Owed]:
        connection = str(crm.connection_id)
        policy = read_policy(connection, crm.config)
        told = memory.told.setdefault(connection, Told())
        known = None
        if policy.asks_who and call.client and not told.ruled:
            known = await self._phone_book.knows(self._unit, crm, call.client)
        now = self._row.received_at
        decision = decide(call, told, policy, now, known=known, link=link)
        if decision.look_again is not None:
            await self._alarm(LOOK_AGAIN, call.id, decision.look_again)
        return [
            Owed(crm.lane, crm.connection_id, call.id, owed.command, owed.once)
            for owed in decision.owed
        ]


def alarm_name(call_id: str, kind: str) -> str:
    """Under which the call's timer of this kind is set, moved and cancelled."""
    return f"call:{call_id}:{kind}"


def _asks_to_look(row: JournalRow) -> bool:
    return row.source == "timer" and row.kind == LOOK_AGAIN


def _origin(row: JournalRow) -> str:
    return "ami" if row.source == "click" else row.source
