"""The standing link to one PBX: comes back by itself, repeats nothing, loses nothing silently."""

from __future__ import annotations

import asyncio
import itertools
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import structlog

from kommutator.connectors.pbx.asterisk.address import AmiAddress
from kommutator.connectors.pbx.asterisk.errors import AmiError, LinkDown, LoginRefused
from kommutator.connectors.pbx.asterisk.pending import ITEMS
from kommutator.connectors.pbx.asterisk.session import AmiSession
from kommutator.connectors.pbx.asterisk.wire import Fields
from kommutator.kit.backoff import backoff
from kommutator.kit.clock import Clock
from kommutator.kit.errors import InvalidInput
from kommutator.kit.ids import Ids

_log = structlog.get_logger(__name__)
_FIRST_WAIT_S: Final = 0.2
_LONGEST_WAIT_S: Final = 15.0
_REFUSED_WAIT_S: Final = 60.0
"""After a refused log-in: PBXs ban addresses that keep trying (fail2ban)."""


class AmiLink:
    """One PBX. `start` it, take `next_event`s, send `action`s while it is up.

    Events wait in a queue of `room`. When it is full the session is dropped: the reader is
    too slow, and a gap that shows as a lost link is reconciled, while a silent one is not.

    Args:
        on_up: called after each log-in with an id unique to the session.
        on_down: called with words for people when the link goes, and at each failed try.
        timeout: seconds for connecting and for each answer.
        ping: seconds between pings; a frozen peer is noticed within `ping + timeout`.
    """

    def __init__(
        self,
        address: AmiAddress,
        *,
        clock: Clock,
        ids: Ids,
        wanted: Callable[[dict[str, Any]], bool] = lambda _event: True,
        on_up: Callable[[str], None] = lambda _session: None,
        on_down: Callable[[AmiError], None] = lambda _why: None,
        timeout: float = 2.5,
        ping: float = 5.0,
        room: int = 10_000,
    ) -> None:
        self._address = address
        self._clock = clock
        self._ids = ids
        self._wanted = wanted
        self._on_up = on_up
        self._on_down = on_down
        self._timeout = timeout
        self._ping = ping
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue(room)
        self._numbers = itertools.count(1)
        self._session: AmiSession | None = None
        self._session_id = ""
        self._task: asyncio.Task[None] | None = None
        self._was_up = asyncio.Event()
        self._said_down = False

    @property
    def up(self) -> bool:
        """Whether an action would be sent now."""
        return self._session is not None and not self._session.ended.is_set()

    def start(self) -> None:
        """Begin to connect; `on_up` tells when it is done. Returns at once."""
        self._task = asyncio.create_task(self._keep_up(), name=f"ami {self._address.host}")

    async def stop(self) -> None:
        """Close for good. Actions under way end with `LinkLost`."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._session is not None:
            await self._session.close("stopped")
            self._session = None

    async def watch(self) -> None:
        """Until the link was stopped; raises what it died of, which would be a bug of ours."""
        if self._task is not None:
            await asyncio.wait({self._task})
            if not self._task.cancelled():
                self._task.result()

    async def wait_up(self) -> None:
        """Until the link is up."""
        await self._was_up.wait()

    async def next_event(self) -> dict[str, Any]:
        """The oldest event not yet taken; waits for one."""
        return await self._events.get()

    def events_at_hand(self, most: int) -> list[dict[str, Any]]:
        """Further events that are here already, without waiting."""
        taken: list[dict[str, Any]] = []
        while len(taken) < most and not self._events.empty():
            taken.append(self._events.get_nowait())
        return taken

    async def action(self, fields: Fields) -> dict[str, Any]:
        """Send one action, once, now or never.

        Raises:
            LinkDown: at once, while there is no link; nothing was sent.
            InvalidField, LinkLost, ActionTimeout, ActionRefused: see `AmiSession.action`.
        """
        session = self._session
        if session is None or session.ended.is_set():
            raise LinkDown("the link to the PBX is down")
        return await session.action(fields, f"k-{next(self._numbers)}")

    async def list_action(self, fields: Fields) -> list[dict[str, Any]]:
        """Send an action that is answered with a list of events; returns these."""
        answer = await self.action(fields)
        return list(answer.get(ITEMS, []))

    async def _keep_up(self) -> None:
        tries = 0
        while True:
            try:
                tls = await asyncio.to_thread(self._address.tls_context)
                session = await self._open(tls)
            except (AmiError, InvalidInput) as error:
                tries += 1
                self._report(error)
                await self._clock.sleep(self._wait(error, tries))
                continue
            tries = 0
            await self._serve(session)
            await self._clock.sleep(self._wait(None, 1))

    async def _open(self, tls: ssl.SSLContext | None) -> AmiSession:
        # Events that come together with the log-in's answer belong to the new session.
        self._session_id = self._ids.token(16)
        return await AmiSession.open(
            self._address,
            tls,
            self._take,
            clock=self._clock,
            limit_s=self._timeout,
            ping=self._ping,
        )

    async def _serve(self, session: AmiSession) -> None:
        self._session = session
        self._was_up.set()
        self._said_down = False
        _log.info("pbx_link_up", host=self._address.host)
        self._on_up(self._session_id)
        try:
            await session.ended.wait()
        finally:
            self._was_up.clear()
            self._session = None
            await session.close("over")
        self._report(session.end_reason or LinkDown("the link to the PBX is down"))

    def _take(self, event: dict[str, Any]) -> None:
        if not self._wanted(event):
            return
        event["Session"] = self._session_id
        event["HeardAt"] = repr(self._clock.now().timestamp())
        try:
            self._events.put_nowait(event)
        except asyncio.QueueFull:
            raise LinkDown("events come faster than they can be stored") from None

    def _report(self, error: AmiError | InvalidInput) -> None:
        why = error if isinstance(error, AmiError) else LinkDown(error.code)
        if not self._said_down:  # once when it goes, once when it is back
            _log.warning("pbx_link_down", host=self._address.host, error=str(why))
            self._said_down = True
        self._on_down(why)

    def _wait(self, error: Exception | None, tries: int) -> float:
        longest = _REFUSED_WAIT_S if isinstance(error, LoginRefused) else _LONGEST_WAIT_S
        first = _REFUSED_WAIT_S / 4 if isinstance(error, LoginRefused) else _FIRST_WAIT_S
        return backoff(tries, first=first, longest=longest, jitter=self._ids.uniform())
