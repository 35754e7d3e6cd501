"""The rows of a past period, folded in memory as they were when they came."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

import structlog

from kommutator.domain.calls.board import Board, CallEvent, names_in
from kommutator.domain.calls.call import Call
from kommutator.domain.calls.events import PbxEvent
from kommutator.domain.calls.memory import Memory, load
from kommutator.domain.calls.read import read_call
from kommutator.domain.calls.reports import Click
from kommutator.domain.connection import Account, pbx_of
from kommutator.domain.journal import JournalRow
from kommutator.kit.errors import UserError
from kommutator.store.past import PastCall

_log = structlog.get_logger(__name__)

ReadRow = Callable[[JournalRow, Account | None, Sequence[Account]], Sequence[CallEvent]]
"""What a row tells about calls."""


@dataclass(frozen=True, slots=True)
class Concluded:
    """A call concluded again.

    Attributes:
        whole: its beginning was heard.
        names: by which else it goes.
        parts: calls in the books that are a part of it now.
        source: "ami", "http", or the ledger that told of it: "cel", "cdr".
    """

    call: Call
    memory: Memory
    whole: bool
    names: tuple[str, ...]
    parts: tuple[str, ...]
    source: str
    connection_id: UUID | None


class PastBoards:
    """One board per PBX: a look at who is alive speaks of that PBX's calls only."""

    def __init__(self, accounts: Sequence[Account], read: ReadRow) -> None:
        self._accounts = accounts
        self._read = read
        self._boards: dict[UUID | None, Board] = {}
        self._sources: dict[str, str] = {}
        self._keys: set[str] = set()
        self._pbx_of_ledger: UUID | None = None

    def feed(self, row: JournalRow) -> None:
        """What could not be read then, and still cannot, is passed over."""
        if row.key:
            self._keys.add(row.key)
        pbx = pbx_of(self._accounts, row.connection_id)
        try:
            events = self._read(row, pbx, self._accounts)
        except (UserError, ValueError) as error:
            _log.info("row_not_readable", row=row.id, error=str(error))
            return
        board = self._board(pbx.connection_id if pbx else row.connection_id)
        for event in events:
            board.feed(event)
            self._note(board, event, row)

    def consult(
        self,
        kind: Literal["cel", "cdr"],
        events: Sequence[PbxEvent],
        stored: Mapping[str, PastCall],
    ) -> None:
        """Hear a ledger about calls of which no row tells.

        CEL is one more witness to what the books hold; a CDR only tells of calls unknown to them.
        """
        known = {name for board in self._boards.values() for name in _names(board)}
        if kind == "cdr":
            known |= {name for call in stored.values() for name in _names_of(load(call.fold))}
        board = Board()
        pbx = pbx_of(self._accounts, None)
        if kind == "cel":
            board = _remembering(stored, without=known)
        for event in events:
            if known.isdisjoint(names_in(event)):
                board.feed(event)
        touched = {name: memory for name, memory in board.calls.items() if name in board.touched}
        board.calls = touched
        self._sources |= dict.fromkeys(touched, kind)
        self._boards[_LEDGER] = board
        self._pbx_of_ledger = pbx.connection_id if pbx else None

    def concluded(self, stored: Mapping[str, PastCall]) -> dict[str, Concluded]:
        """Every call, under the name by which the books know it."""
        found: dict[str, Concluded] = {}
        for key, board in self._boards.items():
            pbx = self._pbx_of_ledger if key is _LEDGER else key
            others: dict[str, list[str]] = defaultdict(list)
            for alias in board.aliases:
                if (memory := board.find(alias)) is not None:
                    others[memory.id].append(alias)
            for memory in board.calls.values():
                one = self._conclude(memory, tuple(others[memory.id]), pbx, stored)
                found[one.call.id] = one
        return found

    def part_of(self, call_id: str) -> str | None:
        """The call that this one belongs to now; None if none does."""
        for board in self._boards.values():
            if (memory := board.find(call_id)) is not None and memory.id != call_id:
                return memory.id
        return None

    def heard_of(self, call_id: str) -> bool:
        return call_id in self._keys

    def _conclude(
        self,
        memory: Memory,
        others: tuple[str, ...],
        pbx: UUID | None,
        stored: Mapping[str, PastCall],
    ) -> Concluded:
        whole = memory.id in memory.legs or not memory.legs
        source = self._sources.get(memory.id, "ami")
        known = sorted(
            (name for name in others if name in stored),
            key=lambda name: stored[name].facts["started_at"],
        )
        call = read_call(memory)
        if memory.id not in stored and known:
            # Which of two merged calls gave the name is a matter of chance; the books decide.
            others = tuple(name for name in (memory.id, *others) if name != known[0])
            call, memory.id = replace(call, id=known[0]), known[0]
        parts = tuple(name for name in known if name != memory.id)
        return Concluded(call, memory, whole, others, parts, source, pbx)

    def _note(self, board: Board, event: CallEvent, row: JournalRow) -> None:
        names = names_in(event)
        memory = board.find(names[0]) if names else None
        if memory is None:
            return
        if isinstance(event, Click):
            memory.clicked_at = memory.clicked_at or row.received_at.timestamp()
        if row.source == "http":
            self._sources.setdefault(memory.id, "http")

    def _board(self, pbx: UUID | None) -> Board:
        return self._boards.setdefault(pbx, Board())


_LEDGER = UUID(int=0)
"""The ledger's own board."""


def _names(board: Board) -> set[str]:
    return {*board.calls, *board.aliases}


def _names_of(memory: Memory) -> set[str]:
    return {memory.id, *memory.legs}


def _remembering(stored: Mapping[str, PastCall], *, without: set[str]) -> Board:
    memories = [load(call.fold) for call in stored.values() if call.id not in without]
    aliases = {leg: memory.id for memory in memories for leg in memory.legs if leg != memory.id}
    return Board(memories, aliases)
