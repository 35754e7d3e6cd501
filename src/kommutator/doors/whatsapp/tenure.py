"""One hold on a session: its line opened again and again, its events, its commands."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import takewhile
from typing import Any, Final, TypeGuard

import structlog

from kommutator.domain.connection import Account
from kommutator.domain.lanes import Lease
from kommutator.domain.whatsapp.events import (
    Closed,
    Composing,
    MessageHeard,
    Opened,
    Paired,
    PasskeyWanted,
    QrShown,
    Restricted,
    StatusHeard,
    Undecryptable,
    WhatsAppEvent,
)
from kommutator.domain.whatsapp.journal import RESTRICTED_CODE
from kommutator.domain.whatsapp.ports import WhatsAppLine
from kommutator.domain.whatsapp.reconnect import (
    STEADY_S,
    History,
    Next,
    after_opening,
    decide,
    when_steady,
)
from kommutator.domain.whatsapp.states import Reason, SessionState
from kommutator.doors.whatsapp.feed import Feed
from kommutator.doors.whatsapp.lines import OpenLine
from kommutator.doors.whatsapp.parts import Parts
from kommutator.flows.whatsapp.follow import FollowSession
from kommutator.flows.whatsapp.keys import KeptKeys
from kommutator.flows.whatsapp.lasting import WhileOurs
from kommutator.kit.crypto import VaultError
from kommutator.kit.errors import VendorError
from kommutator.store.driver import TRANSIENT
from kommutator.store.whatsapp_sessions import Hold, SessionRow

_log = structlog.get_logger(__name__)
_PARKED_S: Final = 5.0
_CLOSE_S: Final = 3.0
_AT_ONCE: Final = 256
_DAMAGED: Final = 500
_PHONE_ELSEWHERE: Final = Next(
    SessionState.LOGGED_OUT, Reason.PHONE_ELSEWHERE, None, History(linked=False), forget=True
)


class Tenure:
    """Made when the lane becomes ours and for one wish of a person; ended with either."""

    def __init__(self, parts: Parts, lease: Lease, account: Account, row: SessionRow) -> None:
        self._parts = parts
        self._lease = lease
        self._account = account
        self._row = row
        self._clock = parts.clock
        ours = WhileOurs(parts.db, parts.clock, lease.alive)
        self._ours = ours
        self._follow = self.follow_by(Hold(lease.fence, row.asked))
        self._keys = KeptKeys(
            parts.vault, ours, account.enterprise, account.connection_id,
            hold=Hold(lease.fence, row.asked),
        )  # fmt: skip
        self._feed = Feed(parts.db, account, parts.intake, clock=parts.clock)
        self._history = History(linked=row.linked_at is not None)
        self._events: deque[WhatsAppEvent] = deque()
        self._unwritten: deque[asyncio.Future[None]] = deque()
        self._told = asyncio.Event()
        self._line: WhatsAppLine | None = None
        self._open = asyncio.Event()
        self._shut = asyncio.Event()
        self._opened_at = math.inf
        self._steps: dict[type, Callable[[Any], Awaitable[Next | None]]] = {
            QrShown: self._qr,
            Paired: self._paired,
            Opened: self._opened,
            Closed: self._closed,
            PasskeyWanted: self._passkey,
            Restricted: self._restricted,
            Composing: self._composing,
            Undecryptable: self._undecryptable,
        }

    def follow_by(self, hold: Hold) -> FollowSession:
        """Writes down what happens, by this right."""
        parts = self._parts
        return FollowSession(
            parts.vault, parts.clock, self._ours, self._account, hold=hold, hearers=parts.hearers
        )

    async def hold(self) -> None:
        """Returns when only a person can go on; see `domain.whatsapp.reconnect`."""
        while True:
            following = await self._one_line()
            await self._let_go()
            if following.after_s is None:
                return
            await self._clock.sleep(following.after_s)

    async def deliver(self) -> None:
        """For ever: commands go while the line is open, and wait while it is not."""
        while True:
            await self._open.wait()
            work = asyncio.ensure_future(self._deliver())
            try:
                shut = asyncio.ensure_future(self._shut.wait())
                await asyncio.wait({work, shut}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (work, shut):
                    task.cancel()
                await asyncio.gather(work, shut, return_exceptions=True)

    async def log_out(self) -> None:
        """The phone is told that we are its device no more, if it can be."""
        if self._line is not None:
            with suppress(VendorError):
                await self._line.log_out()

    async def end(self) -> None:
        """Close the line, the device stays linked; what was heard is stored."""
        await self._let_go()
        await self._feed.put([one for one in self._events if _is_heard(one)])
        self._acknowledge(len(self._unwritten))

    # --- one line --------------------------------------------------------------------------

    async def _one_line(self) -> Next:
        while (left := await self._follow.gate()) is not None:
            await self._follow.waiting(Reason.VERSION_REFUSED, left)
            await self._clock.sleep(left)
        await self._follow.opening(linked=self._history.linked)
        try:
            self._line = await self._parts.host.open(
                self._account.connection_id.hex,
                self._keys,
                self._parts.options(self._account),
                self._hear,
            )
        except VendorError as error:
            reason = error.hint or Reason.NO_CONNECTION.value
            self._hear(Closed(None, reason.removeprefix("whatsapp_")))
        except VaultError as error:
            _log.error("whatsapp_keys_not_opened", error=str(error))
            self._hear(Closed(_DAMAGED, "keys"))
        while True:
            if (following := await self._next_step()) is not None:
                return following

    def _hear(self, event: WhatsAppEvent) -> Awaitable[None] | None:
        """WhatsApp hears that a message arrived when it is in the journal, and not before."""
        self._events.append(event)
        self._told.set()
        if not isinstance(event, MessageHeard):
            return None
        self._unwritten.append(asyncio.get_running_loop().create_future())
        return self._unwritten[-1]

    def _acknowledge(self, messages: int) -> None:
        """So many of those that came first are in the journal."""
        for written in (self._unwritten.popleft() for _ in range(messages)):
            if not written.done():
                written.set_result(None)

    async def _next_step(self) -> Next | None:
        """What came first; what is for the journal goes there together.

        Nothing leaves the queue before it had its effect: whoever is stopped in between stores
        what is left.
        """
        while not self._events:
            self._told.clear()
            await self._told.wait()
        heard = list(takewhile(_is_heard, list(self._events)[:_AT_ONCE]))
        if heard:
            await self._stored(heard)
            for _ in heard:
                self._events.popleft()
            self._acknowledge(sum(isinstance(one, MessageHeard) for one in heard))
            return None
        event = self._events[0]
        following = await self._steps[type(event)](event)
        self._events.popleft()
        return following

    async def _let_go(self) -> None:
        """Before anybody else could open it: two of one device throw each other out (440)."""
        self._parts.lines.drop(self._account.connection_id)
        self._open.clear()
        self._shut.set()
        line, self._line = self._line, None
        if line is not None:
            with suppress(VendorError, TimeoutError):
                async with asyncio.timeout(_CLOSE_S):
                    await line.close()
        # What it told of itself is no news of the next line; what clients said is kept.
        self._events = deque(one for one in self._events if _is_heard(one))

    async def _deliver(self) -> None:
        parts = self._parts
        while True:
            await parts.delivering.deliver(self._lease, parts.delivery, linger_s=math.inf)
            await self._clock.sleep(_PARKED_S)

    # --- events ----------------------------------------------------------------------------

    async def _stored(self, heard: Sequence[WhatsAppEvent]) -> None:
        news = [one for one in heard if isinstance(one, MessageHeard | StatusHeard)]
        await self._feed.put(news)
        if any(isinstance(one, StatusHeard) and one.code == RESTRICTED_CODE for one in news):
            await self._restricted(Restricted())

    async def _qr(self, shown: QrShown) -> None:
        """Either codes to scan or one to type: asking for both breaks both."""
        if self._history.passkey:
            return
        if self._row.method != "code" or self._line is None:
            await self._follow.qr(shown)
        elif shown.number == 1 and self._row.code_phone:
            try:
                letters = await self._line.pairing_code(self._row.code_phone)
            except VendorError as error:
                _log.info("whatsapp_no_pairing_code", error=error.message)
                self._hear(Closed(None, error.message))
            else:
                await self._follow.code(letters)

    async def _paired(self, paired: Paired) -> None:
        self._history = replace(self._history, linked=True, passkey=False)
        await self._follow.paired(paired.me)

    async def _opened(self, opened: Opened) -> Next | None:
        if self._line is None:
            return None
        if not await self._follow.opened(opened.me):
            _log.warning("whatsapp_phone_elsewhere", lane=self._lease.lane)
            await self.log_out()
            await self._follow.closed(_PHONE_ELSEWHERE)
            return _PHONE_ELSEWHERE
        self._parts.forget(self._account)
        self._history = after_opening(self._history)
        self._opened_at = self._clock.monotonic()
        self._parts.lines.put(self._account.connection_id, OpenLine(self._line, self._keys))
        self._shut.clear()
        self._open.set()
        return None

    async def _closed(self, closed: Closed) -> Next:
        if self._clock.monotonic() - self._opened_at >= STEADY_S:
            self._history = when_steady(self._history)
        self._opened_at = math.inf
        following = decide(closed, self._history, self._parts.ids.uniform())
        self._history = following.history
        _log.info(
            "whatsapp_closed", connection_id=str(self._account.connection_id), code=closed.code,
            reason=closed.reason[:100], location=closed.location, state=following.state.value,
        )  # fmt: skip
        await self._follow.closed(following)
        self._parts.forget(self._account)
        return following

    async def _passkey(self, _wanted: PasskeyWanted) -> None:
        self._history = replace(self._history, passkey=True)
        await self._follow.passkey()

    async def _restricted(self, restricted: Restricted) -> None:
        await self._follow.restricted(restricted.until)

    async def _composing(self, composing: Composing) -> None:
        whose = (self._account.enterprise, self._account.connection_id)
        with suppress(*TRANSIENT):
            async with self._parts.db.single() as unit:
                await unit.chats.composing(*whose, composing.chat, typing=composing.typing)

    async def _undecryptable(self, placeholder: Undecryptable) -> None:
        """Its text may come later under the same id; until then there is nothing to answer."""
        _log.info("whatsapp_undecryptable", message_id=placeholder.id)

    async def lifted(self) -> None:
        """The time is over in which strangers must not be written to."""
        if self._open.is_set():
            await self._follow.unrestricted()


def _is_heard(event: WhatsAppEvent) -> TypeGuard[MessageHeard | StatusHeard]:
    return isinstance(event, MessageHeard | StatusHeard)
